"""Definitions: read from TOML with every complaint at once, and those that ship with the program."""
