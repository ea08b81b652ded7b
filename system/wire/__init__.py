"""system.wire."""
