"""harness.taps."""
