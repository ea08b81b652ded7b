"""harness.environments.local."""
