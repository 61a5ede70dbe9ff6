"""What agents found in a document, as lines for people: of any agent, whatever the form of its answers."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from quaero.views.text import local_time, one_line, printable

if TYPE_CHECKING:
    from quaero.models.document import Result

_INDENT = "    "
_LONGEST_HEAD = 200


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
    elif (text := "none" if value is None else _text(value)) != "":
        yield f"{_INDENT}{key}: {text}"


def _text(value: Any) -> str:
    """On one line; empty for what says nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}"
        case list():
            return ", ".join(filter(None, map(_text, value)))
        case dict():
            return _entry(value)
    return one_line(str(value))


def _entry(entry: Mapping[str, Any]) -> str:
    """A thing with what is known of it: its first text, and the numbers in brackets behind it."""
    texts = [value for value in entry.values() if isinstance(value, str) and value]
    numbers = [_text(value) for value in entry.values() if isinstance(value, int | float)]
    if not texts:
        said = ((key, _text(value)) for key, value in entry.items())
        return ", ".join(f"{one_line(key)} {text}" for key, text in said if text)
    head = one_line(texts[0])[:_LONGEST_HEAD]
    return f"{head} ({', '.join(numbers)})" if numbers else head
