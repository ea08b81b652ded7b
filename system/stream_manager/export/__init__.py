"""system.stream_manager.export."""
