"""system.dashboard."""
