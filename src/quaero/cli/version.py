"""Which version this is."""

from importlib.metadata import version


def quaero_version() -> str:
    return version("quaero")


def version_line() -> str:
    return f"quaero {quaero_version()}"
