# Toxiproxy as it is published; the label makes it one of ours.
ARG BASE=ghcr.io/shopify/toxiproxy:2.12.0
FROM ${BASE}
LABEL stream-chaos.image=toxiproxy
