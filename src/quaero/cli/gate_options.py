"""Options that name what is paused or limited: everything, a definition, a job type or a host."""

from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from quaero.models.errors import UsageError
from quaero.views.text import gate_text

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.store.transitions.gates import GateScope
    from quaero.views.shapes import Json

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class GateName:
    """`key` is "" when the scope is "all"."""

    scope: "GateScope"
    key: str

    @property
    def text(self) -> str:
        return gate_text(self.scope, self.key)

    @property
    def option(self) -> str:
        """As it is typed."""
        return f"--{self.scope} {quote(self.key)}" if self.key else f"--{self.scope}"


def gate_options(function: F) -> F:
    """`--all`, `--definition`, `--type`, `--host`."""
    for option in (
        click.option("--host", metavar="NAME", help="Jobs that burden this server."),
        click.option("--type", "type_", metavar="TYPE", help="Jobs of this type, for example crawler_url."),
        click.option("--definition", metavar="ID", help="Jobs of runs of this definition."),
        click.option("--all", "everything", is_flag=True, help="All jobs of all runs."),
    ):
        function = option(function)
    return function


def gate_named(
    everything: bool, definition: str | None, type_: str | None, host: str | None
) -> GateName | None:
    """What the options name, if they name something; two of them are an error."""
    named = [GateName("all", "")] if everything else []
    if definition is not None:
        named.append(GateName("definition", definition))
    if type_ is not None:
        named.append(GateName("type", type_))
    if host is not None:
        named.append(GateName("host", host.lower()))
    if len(named) > 1:
        raise UsageError(
            "only one of --all, --definition, --type and --host at a time", remedy="Call the command twice"
        )
    if named and named[0].scope != "all" and not named[0].key:
        raise UsageError(f"--{named[0].scope} names nothing")
    return named[0] if named else None


def check_one_named(job_id: int | None, gate: GateName | None) -> None:
    """`UsageError` unless either a job is named or what a gate holds."""
    if (job_id is None) == (gate is None):
        raise UsageError(
            "either one job or jobs of a kind",
            remedy="Say ID, or one of --all, --definition ID, --type TYPE, --host NAME",
        )


def gate_json_of(gate: GateName, *, paused: bool) -> "Json":
    return {"scope": gate.scope, "key": gate.key or None, "paused": paused}


async def check_exists(engine: "Engine", gate: GateName) -> None:
    """`NotFoundError` for a definition or a type that nobody has; any host may come."""
    from quaero.views.gates import check_gate_exists

    await check_gate_exists(engine, gate.scope, gate.key)
