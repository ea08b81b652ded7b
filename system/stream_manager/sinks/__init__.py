"""system.stream_manager.sinks."""
