"""One adapter per destination: blocking, for threads of a pool; what happened comes back as a value."""
