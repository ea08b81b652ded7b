"""system.cloud."""
