"""Servers that are measured beside ours, each a program of its own."""

ANSWERING = ("-m", "bench.servers.answering")
COUNTING = ("-m", "bench.servers.counting")
