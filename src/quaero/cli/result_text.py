"""What agents found in a document, as lines for people: of any agent, whatever the form of its answers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from quaero.views.agent_results import text_of
from quaero.views.text import local_time, one_line, printable

if TYPE_CHECKING:
    from quaero.models.document import Result

_INDENT = "    "


def result_lines(result: "Result") -> Iterator[str]:
    """A head with the agent, what it was made by and when, then a line for each thing that it says."""
    old = ", outdated: the document has changed since" if result.outdated else ""
    agent, model = one_line(result.agent), one_line(result.model)
    yield f"{agent} ({model}, version {one_line(result.version)}, {local_time(result.at)}{old})"
    for key, value in result.value.items():
        yield from _lines(one_line(key), value)


def _lines(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value:
        yield f"{_INDENT}{key}:"
        yield from (f"{_INDENT}{_INDENT}{printable(line)}" for line in value.splitlines())
    elif (text := "none" if value is None else text_of(value)) != "":
        yield f"{_INDENT}{key}: {text}"
