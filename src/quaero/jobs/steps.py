"""What a child job needs to know of its step, read once per parent job and kept while it is used."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quaero.jobs.manager import JobManager
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import JobFailure
from quaero.models.job import Job, JobKind
from quaero.models.placeholders import Placeholder, Values, unknown_text, wanted_by
from quaero.store.store import Store

KEPT = 256


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a run: its definition as it was at launch, and its config as its manager's model reads it.

    Only `config` has the values of placeholders; in `definition` and `step` they stand as they were written.
    """

    definition: JobDefinition
    step: JobStep
    config: Any


@dataclass(frozen=True, slots=True)
class _Kept:
    """A view with the values that went into it, by placeholder."""

    view: StepView
    values: Mapping[Placeholder, str | None]


class StepViews:
    """Step views by parent job. Placeholders get the values that they have when a job begins."""

    def __init__(self, store: Store, managers: Mapping[str, JobManager]) -> None:
        self._store, self._managers = store, managers
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._reading = asyncio.Lock()  # the first children of a step begin together: one reads for all

    async def of(self, job: Job) -> StepView:
        """The view of a parent job's own step, or of the step that a child belongs to."""
        parent_id = job.id if job.kind is JobKind.PARENT or job.parent_id is None else job.parent_id
        kept = self._kept.get(parent_id)
        if kept is None:
            kept = await self._first(parent_id)
        elif kept.values and (changed := await self._changed(kept)):
            kept = self._kept[parent_id] = changed
        return kept.view

    async def _first(self, parent_id: int) -> _Kept:
        async with self._reading:
            kept = self._kept.get(parent_id)
            if kept is None:
                kept = self._kept[parent_id] = await self._read(parent_id)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return kept

    async def _read(self, parent_id: int) -> _Kept:
        parent = await self._store.job(parent_id)
        definition = (await self._store.run(parent.root_id)).definition
        step = next(step for step in definition.steps if step.name == parent.name)
        wanted = wanted_by(step.config)
        return self._fill(definition, step, wanted, await self._values(wanted))

    async def _changed(self, kept: _Kept) -> _Kept | None:
        """What the view is now, if its values are no longer those that it was made with."""
        values = await self._values(kept.values)
        if all(values.of(each) == value for each, value in kept.values.items()):
            return None
        return self._fill(kept.view.definition, kept.view.step, kept.values, values)

    async def _values(self, wanted: Collection[Placeholder]) -> Values:
        if all(each.of_environment for each in wanted):
            return Values({}, os.environ)
        return Values({each.name: each.value for each in await self._store.variables()}, os.environ)

    def _fill(
        self, definition: JobDefinition, step: JobStep, wanted: Iterable[Placeholder], values: Values
    ) -> _Kept:
        used = {each: values.of(each) for each in wanted}
        manager = self._managers.get(step.action)
        config = None if manager is None else _config(manager, step, values)
        return _Kept(StepView(definition, step, config), used)


def _config(manager: JobManager, step: JobStep, values: Values) -> Any:
    from quaero.jobs.definitions.step_config import WrongConfig, read_config  # noqa: PLC0415 - slow, late enough

    if missing := [each for each in wanted_by(step.config) if values.of(each) is None]:
        raise JobFailure(unknown_text(missing), code="unknown_variable")
    try:
        return read_config(manager.config_model, step.config, values)
    except WrongConfig as error:
        text = f"the installed {step.action} manager cannot read the config of this step ({error})"
        raise JobFailure(text, code="invalid_config") from None
