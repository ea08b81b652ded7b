"""harness.fault."""
