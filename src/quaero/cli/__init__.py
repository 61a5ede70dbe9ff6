"""The command line. Every command imports what it needs when it runs, so that the others start fast."""

from quaero.cli.command_line import run

__all__ = ["run"]
