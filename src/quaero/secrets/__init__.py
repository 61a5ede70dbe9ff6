"""Secrets: sealed with a key before they are stored, and where that key comes from. Knows nothing of stores or jobs."""
