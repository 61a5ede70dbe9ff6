"""The kinds of work that are installed: managers and workers enter by entry points, the built-in ones too."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from quaero.models.errors import QuaeroError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from quaero.agents import Agent
    from quaero.jobs.manager import JobManager
    from quaero.jobs.worker import JobWorker

MANAGERS, WORKERS, AGENTS = "quaero.managers", "quaero.workers", "quaero.agents"


class PluginError(QuaeroError):
    """An installed manager or worker cannot be loaded."""

    code = "plugin"
    exit_code = 2


class Registry:
    """Managers by action and workers by job type; taken from the iterables when they are first asked for."""

    def __init__(self, managers: Iterable["JobManager"], workers: Iterable["JobWorker"]) -> None:
        self._managers, self._workers = managers, workers

    @cached_property
    def managers(self) -> dict[str, "JobManager"]:
        return _by_key(self._managers, "manager_type")

    @cached_property
    def workers(self) -> dict[str, "JobWorker"]:
        return _by_key(self._workers, "worker_type")

    @property
    def config_models(self) -> "dict[str, type[BaseModel]]":
        """The config model of each action, for the definition reader."""
        return {action: manager.config_model for action, manager in self.managers.items()}

    def load(self) -> None:
        """Take all of them now: what they import takes a moment, which no run should have to wait for."""
        self.managers, self.workers  # noqa: B018 - asking is what loads them

    async def close(self) -> None:
        """Close the workers; they can be used again afterwards."""
        for worker in self.workers.values():
            await worker.close()


def installed() -> Registry:
    """Everything that the installed packages bring."""
    return Registry(_load(MANAGERS), _load(WORKERS))


def installed_agents() -> dict[str, "Agent"]:
    """Every agent that the installed packages bring, by the name that a definition uses."""
    return _by_key(_load(AGENTS), "agent_type")


def _load(group: str) -> Iterator[Any]:
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        yield _make(point)


def _make(point: Any) -> Any:
    try:
        return point.load()()
    except Exception as error:
        raise PluginError(
            f"{point.value} cannot be loaded ({type(error).__name__}: {error})",
            where=f"entry point {point.group}:{point.name}",
            remedy="Mend or uninstall the package that brings it",
        ) from error


def _by_key(items: Iterable[Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        name = getattr(item, key)
        if name in found:
            raise PluginError(
                f"two packages bring {key} {name!r}: {type(found[name]).__module__} and {type(item).__module__}",
                remedy="Uninstall one of them",
            )
        found[name] = item
    return found
