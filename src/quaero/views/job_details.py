"""All that is to be said of one job."""

from quaero.jobs.engine import Engine
from quaero.jobs.spending import usage_of_step
from quaero.models.job import Job
from quaero.views.job_shapes import JobDetailsShape, details_json
from quaero.views.job_view import view_of
from quaero.views.notes import Spell, notes_of


async def details_of(engine: Engine, job_id: int, spell: Spell) -> tuple[Job, JobDetailsShape]:
    """The job, and its JSON with what it was given and what holds its run back."""
    view = await view_of(engine.store, job_id)
    job = view.job
    run = await engine.store.job(job.root_id)
    notes = () if job.state.final else await notes_of(engine, run, spell)
    usage = await usage_of_step(engine.store, job)
    return job, details_json(view, usage, [note.text for note in notes])
