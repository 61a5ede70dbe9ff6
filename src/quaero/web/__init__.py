"""The pages and the HTTP API, over the same engine as the command line."""
