"""Arguments and options that say which jobs: the same for every command that takes many."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from quaero.cli.options import LARGEST_ID
from quaero.models.duration import DurationError, parse_duration
from quaero.models.errors import UsageError
from quaero.views.moments import now_ms

if TYPE_CHECKING:
    from quaero.store.reads import JobFilter

F = TypeVar("F", bound=Callable[..., Any])

STATES = ("waiting", "pending", "running", "paused", "completed", "failed", "cancelled", "skipped")
KINDS = ("run", "parent", "child")


def past(text: str) -> int:
    """Milliseconds since 1970 of a moment as long ago as "2h", or of a time; for the `type` of an option."""
    try:
        return now_ms() - parse_duration(text)
    except DurationError:
        pass
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        example = 'write it like "2h" or "1d", or as a time: "2030-01-31 03:00"'
        raise click.BadParameter(f'"{text}" is neither an age nor a time; {example}') from None


_ID = click.IntRange(1, LARGEST_ID)
_OPTIONS = (
    click.argument("query", metavar="[FILTER]", nargs=-1),
    click.option(
        "--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated."
    ),
    click.option("--kind", type=click.Choice(KINDS), help="Only runs, their steps, or their jobs."),
    click.option("--root", is_flag=True, help="Only runs, not the jobs below them."),
    click.option("--run", "root_id", metavar="ID", type=_ID, help="Only jobs of this run."),
    click.option("--parent", "parent_id", metavar="ID", type=_ID, help="Only jobs right below this one."),
    click.option("--definition", "definition_id", metavar="ID", help="Only jobs of runs of this definition."),
    click.option("--type", metavar="TYPE", help="Only this type, for example crawler_url."),
    click.option("--host", metavar="HOST", help="Only jobs that burden this server."),
    click.option("--name", "name_part", metavar="TEXT", help="Only jobs whose name contains this."),
    click.option("--error", "error_part", metavar="TEXT", help="Only jobs whose error contains this."),
    click.option("--error-code", metavar="CODE", help="Only jobs with this error, for example http_404."),
    click.option(
        "--older-than", "--created-before", "created_before", type=past, metavar="WHEN",
        help='Created longer ago than "1d", or before a time.',
    ),
    click.option(
        "--newer-than", "--created-after", "created_after", type=past, metavar="WHEN",
        help='Created within the last "2h", or after a time.',
    ),
    click.option("--finished-before", type=past, metavar="WHEN", help="Ended longer ago, or before a time."),
    click.option("--finished-after", type=past, metavar="WHEN", help="Ended within that time, or after a time."),
)  # fmt: skip


def job_filters(function: F) -> F:
    """FILTER and all of these options; the function gets one `wanted`, a `JobFilter` for which all of it holds."""

    @wraps(function)
    def with_filter(*arguments: Any, **given: Any) -> Any:
        mine = {name: given.pop(name) for name in _NAMES}
        return function(*arguments, wanted=_filter(**mine), **given)

    for option in reversed(_OPTIONS):
        with_filter = option(with_filter)
    return with_filter  # type: ignore[return-value]  # it takes what the options give


_NAMES = (
    "query", "states", "kind", "root", "root_id", "parent_id", "definition_id", "type", "host", "name_part",
    "error_part", "error_code", "created_before", "created_after", "finished_before", "finished_after",
)  # fmt: skip


def _filter(
    query: tuple[str, ...], states: tuple[str, ...], kind: str | None, root: bool, **others: Any
) -> "JobFilter":
    from quaero.models.job import JobKind, JobState
    from quaero.store.reads import JobFilter

    if root and kind not in (None, "run"):
        raise UsageError(f"--root means runs, not --kind {kind}", remedy="Give one of them")
    wanted = JobKind.RUN if root else kind and JobKind(kind)
    by_options = JobFilter(kind=wanted or None, states=tuple(map(JobState, states)) or None, **others)
    if not query:
        return by_options
    from quaero.views.job_query import both, parse_job_query

    return both(by_options, parse_job_query(" ".join(query)))
