"""system.real."""
