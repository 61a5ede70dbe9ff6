"""The way in and the way out: arguments become a command, errors become one line and an exit code."""

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from quaero.cli.command_tree import root
from quaero.cli.session import Session

if TYPE_CHECKING:
    from quaero.cli.session import OpenEngine, OpenFile, OpenWeb

INTERRUPTED = 130


def run(open_engine: "OpenEngine", open_file: "OpenFile", open_web: "OpenWeb") -> NoReturn:
    """Run the command that the process was called with, and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a character that the terminal lacks is no reason to fail
    sys.exit(exit_code(Session(open_engine, open_file=open_file, open_web=open_web), sys.argv[1:]))


def exit_code(session: Session, arguments: Sequence[str]) -> int:
    """Run a command; the exit code. Errors are printed, one line each."""
    try:
        result = root().main(list(arguments), prog_name="quaero", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return 1
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.ClickException as error:
        return _usage(error)
    except Exception as error:  # noqa: BLE001 - the outermost place: a person gets a line, never a trace
        return _failed(error, debug=session.debug)
    return result if isinstance(result, int) else 0


def _usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    context = error.ctx if isinstance(error, click.UsageError) else None
    remedy = f" See: {context.command_path} --help" if context is not None else ""
    message = error.format_message().strip()
    _complain(f"{message if message.endswith(('.', '?', ')')) else f'{message}.'}{remedy}")
    return error.exit_code


def _failed(error: Exception, *, debug: bool) -> int:
    from quaero.cli.failures import exit_code_of, lines_of

    if debug:
        import traceback

        traceback.print_exception(error)
    for line in lines_of(error, debug=debug):
        _complain(line)
    return exit_code_of(error)


def _complain(line: str) -> None:
    from quaero.views.text import printable

    click.echo(f"error: {printable(line)}", err=True)


def _drop_output() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere instead of complaining."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
