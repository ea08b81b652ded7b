"""system.aws."""
