"""harness.environments."""
