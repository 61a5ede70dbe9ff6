"""What agents found in a document, for people: of any agent, whatever the form of its answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.models.document import Result

_LONGEST_HEAD = 200
MOST_CHIPS = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that an agent says: `text`, or `things`, each as (its name, all that is known of it)."""

    name: str
    text: str = ""
    things: tuple[tuple[str, str], ...] = ()


def said_by(result: "Result") -> Iterator[Said]:
    """Everything that a result says; what it leaves empty is left out."""
    for key, value in result.value.items():
        name = one_line(key).replace("_", " ")
        if isinstance(value, list):
            things = tuple(each for each in map(_thing, value[:MOST_CHIPS]) if each[0])
            if things:
                yield Said(name, things=things)
        elif isinstance(value, str) and "\n" in value:
            yield Said(name, value)
        elif text := text_of(value):
            yield Said(name, text)


def _thing(value: Any) -> tuple[str, str]:
    texts = (
        [each for each in value.values() if isinstance(each, str) and each] if isinstance(value, dict) else []
    )
    return one_line(texts[0])[:_LONGEST_HEAD] if texts else text_of(value), text_of(value)


def text_of(value: Any) -> str:
    """On one line; empty for what says nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}"
        case list():
            return ", ".join(filter(None, map(text_of, value)))
        case dict():
            return entry_of(value)
    return one_line(str(value))


def entry_of(entry: Mapping[str, Any]) -> str:
    """A thing with what is known of it: its first text, and the numbers in brackets behind it."""
    texts = [value for value in entry.values() if isinstance(value, str) and value]
    numbers = [text_of(value) for value in entry.values() if isinstance(value, int | float)]
    if not texts:
        said = ((key, text_of(value)) for key, value in entry.items())
        return ", ".join(f"{one_line(key)} {text}" for key, text in said if text)
    head = one_line(texts[0])[:_LONGEST_HEAD]
    return f"{head} ({', '.join(numbers)})" if numbers else head
