"""Topics, filters and subscriptions: which message goes to whom."""
