"""What a child job needs to know of its step, read once per parent job and kept while it is used."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quaero.jobs.manager import JobManager
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import JobFailure
from quaero.models.job import Job, JobKind
from quaero.store.store import Store

KEPT = 256


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a run: its definition as it was at launch, and its config as its manager's model reads it."""

    definition: JobDefinition
    step: JobStep
    config: Any


class StepViews:
    """Step views by parent job."""

    def __init__(self, store: Store, managers: Mapping[str, JobManager]) -> None:
        self._store, self._managers = store, managers
        self._views: OrderedDict[int, StepView] = OrderedDict()

    async def of(self, job: Job) -> StepView:
        """The view of a parent job's own step, or of the step that a child belongs to."""
        parent_id = job.id if job.kind is JobKind.PARENT or job.parent_id is None else job.parent_id
        view = self._views.get(parent_id)
        if view is None:
            view = self._views[parent_id] = await self._read(parent_id)
            if len(self._views) > KEPT:
                self._views.popitem(last=False)
        return view

    async def _read(self, parent_id: int) -> StepView:
        parent = await self._store.job(parent_id)
        definition = (await self._store.run(parent.root_id)).definition
        step = next(step for step in definition.steps if step.name == parent.name)
        manager = self._managers.get(step.action)
        try:
            config = None if manager is None else manager.config_model.model_validate(dict(step.config))
        except ValueError as error:
            text = f"the installed {step.action} manager cannot read the config of this step ({error})"
            raise JobFailure(text, code="invalid_config") from error
        return StepView(definition, step, config)
