"""Many runs in virtual time: seeds, schedules, the search for one that fails, and the shortest story of it."""
