"""Processes that are started, watched, restarted with a capped back-off, and stopped together with the core."""
