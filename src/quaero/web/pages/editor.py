"""One definition: its text to be edited, and what it was before."""

import difflib
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quaero.jobs.definitions.starter import starter
from quaero.jobs.timetable import TimetableEntry, timetable
from quaero.models.errors import NotFoundError
from quaero.models.job import Job
from quaero.models.toml_writer import toml_value
from quaero.store.reads import DefinitionVersion, StoredDefinition
from quaero.views.moments import now_ms
from quaero.web.local_times import shown_time
from quaero.web.manual import meanings
from quaero.web.state import Web, WebState

router = APIRouter()

VERSIONS: Final = 30
DIFFERENCE_LINES: Final = 400


@dataclass(frozen=True, slots=True)
class Version:
    """What the definition was after a change, and what differs from the version before it."""

    number: int
    at: int
    change: str
    toml: str
    difference: tuple[str, ...]


@router.get("/definitions/new")
async def new_definition(
    web: WebState, source: Annotated[str, Query(alias="from", max_length=200)] = ""
) -> Response:
    """An editor with something to begin with: a copy of another definition, or a commented one."""
    text = await _copy(web, source) if source else starter("my-docs", "My docs")
    context = {
        "here": "/definitions",
        "title": "New definition",
        "definition_id": "",
        "toml": text,
        "version": 0,
        "system": False,
        "copied_from": source,
        "versions": [],
        "meanings": meanings(),
    }
    return web.rendering.page("editor.html", context)


@router.get("/definitions/{definition_id}")
async def edit_definition(web: WebState, definition_id: str) -> Response:
    """The editor of one definition, also of one that was deleted: what it was can be taken back."""
    control = web.engine.control
    try:
        stored = await control.definition(definition_id)
    except NotFoundError:
        versions = await _versions(web, definition_id)
        deleted = {"here": "/definitions", "definition_id": definition_id, "versions": versions}
        return web.rendering.page("deleted_definition.html", deleted)
    entry = await _entry(web, stored)
    context: dict[str, Any] = {
        "here": "/definitions",
        "title": stored.definition.name,
        "definition_id": definition_id,
        "toml": await control.definition_text(stored),
        "version": stored.version,
        "system": stored.origin == "system",
        "copied_from": "",
        "stored": stored,
        "run": await _newest_run(web, definition_id),
        "entry": entry,
        "next_local": _local(entry),
        "versions": await _versions(web, definition_id),
        "meanings": meanings(),
    }
    return web.rendering.page("editor.html", context)


async def _copy(web: Web, definition_id: str) -> str:
    """The text of a definition with another id and name, where they can be exchanged in the text."""
    stored = await web.engine.control.definition(definition_id)
    text = await web.engine.control.definition_text(stored)
    for key, value in (("id", stored.definition.id), ("name", stored.definition.name)):
        changed = f"{value}-copy" if key == "id" else f"{value} (copy)"
        lines = text.split("\n")
        for number, line in enumerate(lines):
            written, _, rest = line.partition("=")
            if written.strip() == key:
                lines[number] = f"{written}={rest.replace(toml_value(value), toml_value(changed), 1)}"
                break
        text = "\n".join(lines)
    return text


async def _newest_run(web: Web, definition_id: str) -> Job | None:
    return (await web.engine.store.last_runs()).get(definition_id)


async def _entry(web: Web, stored: StoredDefinition) -> TimetableEntry | None:
    if stored.definition.schedule is None:
        return None
    for entry in await timetable(web.engine.control, now_ms()):
        if entry.definition_id == stored.definition.id:
            return entry
    return None


def _local(entry: TimetableEntry | None) -> str:
    if entry is None or entry.next_at is None or not entry.enabled:
        return ""
    return shown_time(entry.next_at, entry.timezone)


async def _versions(web: Web, definition_id: str) -> list[Version]:
    """The newest ones, the last first."""
    history = await web.engine.control.definition_history(definition_id)
    shown = history[-VERSIONS - 1 :]
    texts = [await _text(web, version) for version in shown]
    found = [
        Version(version.number, version.at, version.change, text, _difference(before, text))
        for version, text, before in zip(shown, texts, ["", *texts], strict=False)
    ]
    return found[::-1][:VERSIONS]


async def _text(web: Web, version: DefinitionVersion) -> str:
    stored = StoredDefinition(version.definition, version.source, "user", version.at, version.at)
    return await web.engine.control.definition_text(stored)


def _difference(before: str, after: str) -> tuple[str, ...]:
    """The lines that differ, with some around them; nothing for a first version."""
    if not before:
        return ()
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return tuple(lines)[2 : DIFFERENCE_LINES + 2]
