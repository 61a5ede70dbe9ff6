"""The orchestrator watches parent jobs: it alone decides when they end and what comes next."""

from typing import Protocol

from quaero.models.job import Job


class JobOrchestrator(Protocol):
    """Aggregates the status of children in the background; not a queue job, never asks once per parent."""

    def start_monitoring(self, job: Job) -> None:
        """Watch a run until it ends. Returns at once, is idempotent, survives a restart: what to watch is stored."""
        ...

    def subscribe_to_child_status_changes(self) -> None:
        """Be woken when children change. Called once, at start."""
        ...
