"""system.stack."""
