"""The zoo: stream managers, links, clouds and functions that are broken on purpose, and some that are sound but odd."""
