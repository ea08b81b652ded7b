"""harness.history."""
