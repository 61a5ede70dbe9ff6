"""The checks of `quaero doctor`, each with what to do about a problem."""

import asyncio
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quaero.cli.failures import lines_of
from quaero.cli.session import Session
from quaero.cli.version import quaero_version
from quaero.jobs.engine import Engine
from quaero.jobs.registry import installed_agents
from quaero.models.errors import QuaeroError
from quaero.settings import Settings, SqliteUrl
from quaero.views.versions import versions_text, warning_of

OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy`: what to do, where it is not ok, or not as it should be."""

    name: str
    ok: bool
    text: str
    remedy: str = ""


def examine(session: Session) -> list[Check]:
    """All checks; one that fails does not keep the others from being made, where they can be."""
    checks = [Check("quaero", True, quaero_version()), _python()]
    try:
        settings = session.settings()
    except QuaeroError as error:
        problems = [Check("settings", False, line) for line in lines_of(error)]
        return [*checks, *problems]
    checks.append(Check("settings", True, _sources(settings)))
    checks += _guarded("database", lambda: asyncio.run(_opened(session, settings)))
    if isinstance(settings.database, SqliteUrl):  # the disk of a server is not here
        path = settings.database.path
        checks += _guarded("disk", lambda: [_disk(path)])
    return checks


def _guarded(name: str, look: Callable[[], list[Check]]) -> list[Check]:
    try:
        return look()
    except QuaeroError as error:
        return [
            Check(name, False, error.what, f"{error.where}: {error.remedy}" if error.where else error.remedy)
        ]
    except OSError as error:
        return [Check(name, False, str(error))]


def _python() -> Check:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    ok = sys.version_info >= OLDEST_PYTHON
    return Check("python", ok, platform.python_version(), "" if ok else f"Install Python {wanted} or newer")


def _sources(settings: Settings) -> str:
    sources = dict.fromkeys(origin.source for origin in settings.origins)
    return f"from {', '.join(sources)}"


async def _opened(session: Session, settings: Settings) -> list[Check]:
    async with session.open_engine(settings) as engine:
        facts = await engine.store.facts()
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in facts.items())
        return [
            Check("database", True, told),
            await _processes(engine),
            await _auth(engine),
            *_plugins(engine),
        ]


async def _processes(engine: Engine) -> Check:
    found = await engine.store.processes()
    warning = warning_of(found)
    return Check("processes", True, versions_text(found) or "none execute jobs", warning)


async def _auth(engine: Engine) -> Check:
    """Whether jobs that are executed here could open the stored credentials."""
    found = await engine.store.credentials()
    if not found:
        return Check("auth", True, "no credentials are stored")
    problems = [problem for each in found if (problem := await engine.control.credentials.problem(each))]
    if not problems:
        return Check("auth", True, f"stored credentials: {len(found)}, all can be opened here")
    return Check(
        "auth",
        False,
        f"stored credentials: {len(found)}, not to be opened here: {len(problems)}",
        problems[0],
    )


def _plugins(engine: Engine) -> list[Check]:
    registry = engine.registry
    return [
        _installed("managers", sorted(registry.managers)),
        _installed("workers", sorted(registry.workers)),
        _installed("agents", sorted(installed_agents())),
    ]


def _installed(name: str, found: list[str]) -> Check:
    return Check(name, bool(found), ", ".join(found) or "none", "" if found else "Install quaero again")


def _disk(database: Path) -> Check:
    folder = next(parent for parent in database.parents if parent.is_dir())
    free = shutil.disk_usage(folder).free
    ok = free >= LITTLE_SPACE
    return Check("disk", ok, f"{free // 1_000_000} MB free at {folder}", "" if ok else "Free some space")
