"""The nightly: a library of scenarios, run one after the other in processes of their own, and an index of it."""
