"""Greengrass v1: definitions of seven kinds, groups, deployments, roles, authorities.

moto has no connector or logger definitions, forgets a function definition's defaults and cannot force a reset, so this
service is whole and our own.
"""
