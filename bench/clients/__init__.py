"""Clients that are measured with the servers: each a program that prints what it did as JSON."""
