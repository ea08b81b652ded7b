"""The edition in virtual time: the same engine, log, exporters and functions in one thread, all choices from a seed."""
