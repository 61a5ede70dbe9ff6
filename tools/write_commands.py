"""Writes docs/commands.md from the commands themselves: `python tools/write_commands.py`.

With `--check` it only looks, and ends with 1 if the page is out of date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from quaero.cli.command import global_options
from quaero.cli.command_tree import reference_table, root

PAGE: Final = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD: Final = """\
# Commands

Written by `tools/write_commands.py` from the commands themselves. `--help` says the same.

"""


def main() -> int:
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"write_commands: {PAGE.name} is out of date; run: python tools/write_commands.py", file=sys.stderr)
    return 1


def page() -> str:
    """The whole page as Markdown."""
    everywhere = _option_table(global_options())
    sections = [f"## Options of every command\n\n{everywhere}\n", *map(_section, _commands(_context()))]
    return HEAD + reference_table() + "\n" + "\n".join(sections)


def _context() -> click.Context:
    return click.Context(root(), info_name="quaero")


def _commands(context: click.Context) -> Iterator[click.Context]:
    """The context of every command that does something, in the order of the help."""
    group = context.command
    if not isinstance(group, click.Group):
        yield context
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 - it was listed
        yield from _commands(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context) -> str:
    command = context.command
    shared = {parameter.name for parameter in global_options()}
    own = [parameter for parameter in command.params if parameter.name not in shared]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    help_text = " ".join((command.help or "").split("\n\n")[0].split())
    more = [" ".join(part.split()) for part in (command.help or "").split("\n\n")[1:]]
    parts = [f"## `{context.command_path}`", help_text, *more, f"    {usage}", _option_table(own)]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _option_table(parameters: list[click.Parameter]) -> str:
    options = [option for option in parameters if isinstance(option, click.Option) and not option.hidden]
    if not options:
        return ""
    rows = [f"| `{_cell(_written(option))}` | {_cell(_meaning(option))} |" for option in options]
    return "\n".join(["| option | meaning |", "|---|---|", *rows])


def _written(option: click.Option) -> str:
    names = ", ".join(option.opts)
    if option.is_flag:
        return names
    kind = "N" if isinstance(option.type, click.IntRange) else option.metavar or _choices(option)
    return f"{names} {kind}"


def _choices(option: click.Option) -> str:
    """What may follow the option, where it names nothing itself."""
    return (
        "|".join(option.type.choices) if isinstance(option.type, click.Choice) else option.type.name.upper()
    )


def _meaning(option: click.Option) -> str:
    text = option.help or ""
    default = f" Default: `{option.default}`." if option.show_default else ""
    return text + default


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


if __name__ == "__main__":
    sys.exit(main())
