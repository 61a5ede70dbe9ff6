"""The kinds of click commands that `quaero` is made of: one for commands, one for groups that load them late."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from quaero.cli.session import Session


@dataclass(frozen=True, slots=True)
class Entry:
    """A command by the place where it is defined (`module:attribute`), with its line in the help."""

    place: str
    summary: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A group of commands."""

    summary: str
    entries: "Mapping[str, Entry | Branch]"


class Command(click.Command):
    """A command that also takes the options of all commands, so that people may write them first or last.

    An option of its own wins over one of the same name.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        own = {name for param in self.params for name in param.opts}
        self.params.extend(option for option in global_options() if own.isdisjoint(option.opts))


class LateGroup(click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def __init__(self, name: str, branch: Branch) -> None:
        super().__init__(name, help=branch.summary, params=global_options())
        self._entries = branch.entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        if isinstance(entry, Branch):
            return LateGroup(cmd_name, entry)
        module, _, attribute = entry.place.partition(":")
        command: click.Command = getattr(import_module(f"quaero.cli.commands.{module}"), attribute)
        command.short_help = entry.summary
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self._entries.items()])


def global_options() -> list[click.Parameter]:
    """The options that every command and group takes."""
    return [
        click.Option(
            ["--database"],
            metavar="URL",
            expose_value=False,
            callback=_set_database,
            help="Where the data is: sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_set_debug,
            help="Show the trace of an error.",
        ),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        ),
    ]


def _set_database(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).database = value


def _set_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).debug = True


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from quaero.cli.version import version_line

        click.echo(version_line())
        ctx.exit()
