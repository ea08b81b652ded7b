"""How the messages of one stream are kept: on disk or in memory, in segments that go as a whole."""
