"""The JSON that programs get of what is around the jobs: workers, gates, variables, credentials, schedules."""

from typing import TYPE_CHECKING, Literal, NotRequired

from typing_extensions import TypedDict

from quaero.models.moment import iso_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quaero.jobs.timetable import TimetableEntry
    from quaero.models.credential import Credential
    from quaero.settings import Origin
    from quaero.store.audit import RecordedAct
    from quaero.store.reads import Process, QueuedType, Variable
    from quaero.store.transitions.credentials import StoredCredential
    from quaero.store.transitions.gates import Gate


class WhoShape(TypedDict):
    """A process that executes jobs: `role` is "run", "worker" or "server"."""

    id: str
    role: str
    host: str
    pid: int
    version: str


class WorkerShape(WhoShape):
    """The same with what it does. `run_id`: the only run that it works on; `seen_at`: its last sign of life."""

    types: list[str]
    run_id: str | None
    concurrency: int
    running: int
    started_at: str | None
    seen_at: str | None


class GateShape(TypedDict):
    """What holds jobs back over all processes. `key`: null where `scope` is "all"; `concurrency`: null is no limit."""

    scope: Literal["all", "definition", "type", "host"]
    key: str | None
    paused: bool
    concurrency: int | None


class VariableShape(TypedDict):
    """What `{name}` stands for in the config of steps."""

    name: str
    value: str
    updated_at: str | None


class CredentialShape(TypedDict):
    """Credentials without what they are. `hosts`: all that gets any of them; `key_id`: of the key that opens them."""

    name: str
    kind: str
    hosts: list[str]
    key_id: str
    created_at: str | None
    updated_at: str | None


class PartShape(TypedDict):
    """A header or a cookie by name, with where the cookie belongs."""

    header: NotRequired[str]
    cookie: NotRequired[str]
    domain: NotRequired[str]
    host_only: NotRequired[bool]
    path: NotRequired[str]
    secure: NotRequired[bool]
    expires_at: NotRequired[str | None]


class LastRunShape(TypedDict):
    """The run of the last planned time."""

    id: str
    status: str


class ScheduleShape(TypedDict):
    """When a definition runs. `due_at`: a planned time that has come and waits for a server."""

    id: str
    enabled: bool
    schedule: str
    explanation: str
    timezone: str
    next_at: str | None
    due_at: str | None
    last_planned_at: str | None
    last_run: LastRunShape | None
    skipped: int
    error: str | None


class PlannedShape(TypedDict):
    """A planned time of a definition, also as the clocks of its zone show it."""

    at: str | None
    local: str
    timezone: str
    id: str


class SettingShape(TypedDict):
    """A setting: `source` is the flag, variable or file that it comes from, or "default"."""

    value: str
    source: str
    variable: str


class QueuedTypeShape(TypedDict):
    """The open jobs of one type. `oldest_at`: since when the one that waits longest could be claimed."""

    type: str
    pending: int
    running: int
    waiting: int
    paused: int
    oldest_at: str | None


class ActShape(TypedDict):
    """A change that was asked for through the pages or the API. `shown`: by what whoever asked was let in.

    `code`: of the error; null: it was done.
    """

    id: str
    at: str | None
    shown: str
    address: str
    operation: str
    method: str
    path: str
    status: int
    code: str | None


def who_json(process: "Process") -> WhoShape:
    """Which process it is."""
    return {
        "id": process.owner,
        "role": process.role,
        "host": process.host,
        "pid": process.pid,
        "version": process.version,
    }


def process_json(process: "Process") -> WorkerShape:
    return {
        **who_json(process),
        "types": list(process.types),
        "run_id": None if process.root_id is None else str(process.root_id),
        "concurrency": process.concurrency,
        "running": process.running,
        "started_at": iso_time(process.started_at),
        "seen_at": iso_time(process.seen_at),
    }


def gate_json(gate: "Gate") -> GateShape:
    return {
        "scope": gate.scope,
        "key": gate.key or None,
        "paused": gate.paused,
        "concurrency": gate.concurrency,
    }


def variable_json(variable: "Variable") -> VariableShape:
    return {"name": variable.name, "value": variable.value, "updated_at": iso_time(variable.updated_at)}


def credential_json(stored: "StoredCredential") -> CredentialShape:
    return {
        "name": stored.name,
        "kind": stored.sealed.kind,
        "hosts": list(stored.sealed.hosts),
        "key_id": stored.sealed.key_id,
        "created_at": iso_time(stored.created_at),
        "updated_at": iso_time(stored.updated_at),
    }


def parts_json(opened: "Credential | None") -> list[PartShape]:
    """Headers and cookies by name; nothing where they cannot be opened."""
    if opened is None:
        return []
    headers: list[PartShape] = [{"header": each.name} for each in opened.headers]
    cookies: list[PartShape] = [
        {
            "cookie": each.name,
            "domain": each.domain,
            "host_only": each.host_only,
            "path": each.path,
            "secure": each.secure,
            "expires_at": None if each.expires_at is None else iso_time(each.expires_at * 1000),
        }
        for each in opened.cookies
    ]
    return headers + cookies


def schedule_json(entry: "TimetableEntry") -> ScheduleShape:
    run = entry.last_run
    return {
        "id": entry.definition_id,
        "enabled": entry.enabled,
        "schedule": entry.cron,
        "explanation": entry.explanation,
        "timezone": entry.timezone,
        "next_at": iso_time(entry.next_at) if entry.enabled else None,
        "due_at": iso_time(entry.due_at),
        "last_planned_at": iso_time(entry.last_planned_at),
        "last_run": None if run is None else {"id": str(run.id), "status": str(run.state)},
        "skipped": entry.skipped,
        "error": entry.error,
    }


def planned_json(moment: int, entry: "TimetableEntry") -> PlannedShape:
    return {
        "at": iso_time(moment),
        "local": shown_there(moment, entry.timezone).replace(" ", "T"),
        "timezone": entry.timezone,
        "id": entry.definition_id,
    }


def queued_json(queued: "QueuedType") -> QueuedTypeShape:
    return {
        "type": queued.type,
        "pending": queued.pending,
        "running": queued.running,
        "waiting": queued.waiting,
        "paused": queued.paused,
        "oldest_at": iso_time(queued.oldest_at),
    }


def act_json(act: "RecordedAct") -> ActShape:
    return {
        "id": str(act.id),
        "at": iso_time(act.at),
        "shown": act.shown,
        "address": act.address,
        "operation": act.operation,
        "method": act.method,
        "path": act.path,
        "status": act.status,
        "code": act.code or None,
    }


def settings_json(origins: "Iterable[Origin]") -> dict[str, SettingShape]:
    """Each setting by its key; secrets are masked."""
    return {
        each.key: {"value": each.value, "source": each.source, "variable": each.variable} for each in origins
    }


def shown_there(moment: int, timezone: str) -> str:
    """`2026-10-25 02:30+02:00`, as the clock shows it in that zone."""
    from datetime import UTC, datetime  # noqa: PLC0415 - start-up time
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

    there = datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(timezone))
    return there.isoformat(sep=" ", timespec="minutes")
