"""A mapping proposed for a file or table that nobody has described: it is looked at, matched by what people call things, tried."""
