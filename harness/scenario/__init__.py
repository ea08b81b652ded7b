"""harness.scenario."""
