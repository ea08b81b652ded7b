"""The real editions of the ports."""
