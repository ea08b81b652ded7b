"""The judges: pure functions of a history and a plan. They see nothing else, and ask nobody."""
