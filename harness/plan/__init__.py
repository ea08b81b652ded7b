"""The plan of a run: scenario and seed compiled to moments. Pure, and the same on every machine."""
