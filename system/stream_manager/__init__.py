"""system.stream_manager."""
