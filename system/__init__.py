"""The system under test: an edge site and its cloud."""
