"""What the commands of one call share: the flags given to all of them and the way to the engine."""

import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import click

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.settings import Settings
    from quaero.store.database_file import DatabaseFile

    OpenEngine: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[Engine]]
    OpenFile: TypeAlias = Callable[[Settings], DatabaseFile]
    OpenWeb: TypeAlias = "Callable[[Engine, Settings], AbstractAsyncContextManager[Pages]]"

T = TypeVar("T")


class Pages(Protocol):
    """The pages while they are served. `entry`: the address that their user opens, with the token in it."""

    @property
    def entry(self) -> str: ...

    async def failure(self) -> None:
        """Returns never, unless they cannot be served any more: then raises why."""
        ...


def _no_file(_: "Settings") -> "DatabaseFile":
    raise RuntimeError("this command line was not told how to reach the file of a database")


def _no_web(_: "Engine", __: "Settings") -> "AbstractAsyncContextManager[Pages]":
    raise RuntimeError("this command line was not told how to serve pages")


@dataclass(slots=True)
class Session:
    """One call of the command line. `database` and `debug` are set while its arguments are read.

    `open_file` leads to the database while nobody has it open.
    """

    open_engine: "OpenEngine"
    database: str | None = None
    debug: bool = False
    open_file: "OpenFile" = _no_file
    open_web: "OpenWeb" = _no_web

    def settings(self) -> "Settings":
        from quaero.settings import find_config_file, load

        directory = Path.cwd()
        return load(self.database, find_config_file(directory), os.environ, directory)

    def ask(self, question: "Callable[[Engine], Awaitable[T]]") -> T:
        """Open the engine, await the question with it, close it; the answer."""
        import asyncio

        async def asked() -> T:
            async with self.open_engine(self.settings()) as engine:
                return await question(engine)

        return asyncio.run(asked())

    def command(self, text: str) -> str:
        """A command to type next, as it must be typed to use the same database, but for its password."""
        if self.database is None:
            return f"quaero {text}"
        from shlex import quote

        from quaero.settings import masked

        return f"quaero {text} --database {quote(masked(self.database))}"


pass_session = click.make_pass_decorator(Session)
