"""The verbs of the command line, one module each; `harness.cli` finds them in its table."""
