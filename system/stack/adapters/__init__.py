"""One small adapter for each kind of resource: read, create, update, delete, each idempotent."""
