"""The end of a run for a person: what came of it, what went wrong, what to do next."""

from collections.abc import Iterator

from quaero.cli.session import Session
from quaero.jobs.summary import RunSummary, StepSummary
from quaero.models.job import JobState
from quaero.store.reads import ErrorGroup
from quaero.views.text import failure_text, one_line, shortened

GROUPS_SHOWN = 5
LONGEST_TEXT = 200


def outcome_lines(summary: RunSummary) -> Iterator[str]:
    """What came of a run: documents, what language models have cost, and the errors in groups."""
    run, documents = summary.job, summary.documents
    yield f"documents: {documents.created} created, {documents.updated} updated, {documents.unchanged} unchanged"
    for step in summary.steps:
        if step.usage is not None:
            yield f"language model in step {one_line(step.job.name)}: {step.usage}"
    groups = _groups(summary)
    if groups:
        yield f"errors: {sum(group.count for _, group in groups)}"
    for step, group in groups[:GROUPS_SHOWN]:
        yield f"  {_group(step, group)}"
    if len(groups) > GROUPS_SHOWN:
        yield f"  and {len(groups) - GROUPS_SHOWN} more kinds"
    if run.error:
        yield f"run {run.id} {run.state}: {one_line(run.error)}"


def next_lines(session: Session, summary: RunSummary) -> Iterator[str]:
    """What a person may want to do after a run."""
    run = summary.job
    if _groups(summary):
        yield f"all errors: {session.command(f'jobs list --run {run.id} --state failed')}"
    if run.state is not JobState.COMPLETED or _groups(summary):
        yield f"try again what failed: {session.command(f'jobs retry {run.id}')}"
    if summary.documents.total:
        yield f"search it: {session.command('search WORDS')}"


def _groups(summary: RunSummary) -> list[tuple[StepSummary, ErrorGroup]]:
    return [(step, group) for step in summary.steps for group in step.errors]


def _group(step: StepSummary, group: ErrorGroup) -> str:
    example = shortened(failure_text(group.example), LONGEST_TEXT)
    return f"{group.count} {group.code} in step {one_line(step.job.name)}, for example {example}"
