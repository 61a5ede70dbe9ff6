"""Watching a run while it works: what to show, and the two ways to show it."""
