"""Scenario files: what they may say, how they are read, where they are found."""
