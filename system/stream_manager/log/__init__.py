"""system.stream_manager.log."""
