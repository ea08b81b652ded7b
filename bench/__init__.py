"""Benchmarks of the stream manager: beside a server that only answers, beside a bare loop, beside its peers."""
