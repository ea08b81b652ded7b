"""What happened in a run, as a value. Pure: lines in, operations out; nobody here judges."""
