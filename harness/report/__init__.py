"""What a run leaves for people and machines, made from its recorded artefacts alone: page, JSON, JUnit, trend."""
