"""A run with its steps and the first children of each."""

from dataclasses import dataclass

from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary, StepSummary
from quaero.models.job import Job
from quaero.store.reads import Process
from quaero.views.job_shapes import StepShape, TreeShape, job_json
from quaero.views.job_view import JobView, standing, view_of, workers_of
from quaero.views.notes import Spell, notes_of


@dataclass(frozen=True, slots=True)
class Tree:
    """`workers`: the processes that have the jobs in their hands, by the ids of those."""

    summary: RunSummary
    run: JobView
    children: tuple[tuple[StepSummary, tuple[Job, ...]], ...]
    workers: dict[int, Process]
    hints: tuple[str, ...]

    def step_view(self, step: StepSummary) -> JobView:
        progress = [(step.job, step.progress)]
        return JobView(step.job, standing(progress, self.summary.job), worker=self.workers.get(step.job.id))


async def tree_of(engine: Engine, job_id: int, limit: int, spell: Spell) -> Tree:
    """The tree of the run that a job belongs to, with so many children of each step."""
    run = await engine.control.run_of(job_id)
    summary = await engine.control.summary(run.id)
    children = []
    for step in summary.steps:
        # No page is smaller than one job, but a person may want to see the steps alone.
        page = await engine.store.children(step.job.id, limit=max(limit, 1))
        children.append((step, page.items[:limit]))
    notes = await notes_of(engine, summary.job, spell)
    return Tree(
        summary,
        await view_of(engine.store, run.id),
        tuple(children),
        await workers_of(engine.store, [job for step, jobs in children for job in (step.job, *jobs)]),
        tuple(note.text for note in notes),
    )


def tree_json(tree: Tree) -> TreeShape:
    steps: list[StepShape] = [
        {
            **job_json(tree.step_view(step)),
            "jobs": [job_json(JobView(job, worker=tree.workers.get(job.id))) for job in jobs],
        }
        for step, jobs in tree.children
    ]
    return {**job_json(tree.run), "steps": steps, "hints": list(tree.hints)}
