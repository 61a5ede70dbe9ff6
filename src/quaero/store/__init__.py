"""The store: the one boundary to a database."""
