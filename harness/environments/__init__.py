"""The editions of the world behind one protocol."""
