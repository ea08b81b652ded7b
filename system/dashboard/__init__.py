"""The page of the managed container: aggregates per sensor, live, in a browser."""
