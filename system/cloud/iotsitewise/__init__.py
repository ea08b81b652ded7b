"""The service `iotsitewise`: data streams take values in and give them back. There are no assets and models: the ids of
an asset and its property are taken as they come."""
