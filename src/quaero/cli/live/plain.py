"""A run as plain lines, one for each change worth a line: for logs, pipes and simple terminals."""

from collections.abc import Callable

from quaero.cli.live.frame import Frame
from quaero.jobs.summary import StepSummary
from quaero.models.job import Job, JobState
from quaero.models.measures import seconds_text
from quaero.views.text import failure_text, one_line

PROGRESS_SECONDS = 2.0
MOST_FAILURES = 50


class PlainView:
    """Writes lines with `write`."""

    wants_running = False

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._states: dict[int, JobState] = {}
        self._progress: dict[int, tuple[float, str]] = {}
        self._failures = 0
        self._noted: set[str] = set()
        self._paused: set[int] = set()

    def say(self, text: str) -> None:
        self._write(one_line(text))

    def show(self, frame: Frame) -> None:
        run = frame.summary.job
        if run.id not in self._states and run.started_at is not None:
            self._write(f"run {run.id} started: {one_line(run.name)}")
            self._states[run.id] = JobState.RUNNING
        self._pause(run)
        self._note(frame)
        for job in frame.failed:
            self._fail(job)
        for step in frame.summary.steps:
            self._step(step, frame)
        if run.state.final and self._states.get(run.id) != run.state:
            self._states[run.id] = run.state
            took = seconds_text(frame.summary.duration_seconds(frame.now_ms))
            self._write(f"run {run.id} {run.state} after {took}")

    def close(self) -> None:
        """Lines need no tidying up."""

    def _pause(self, run: Job) -> None:
        if run.state is JobState.PAUSED:
            self._paused.add(run.id)
        elif run.id in self._paused:
            self._paused.discard(run.id)
            if not run.state.final:
                self._write(f"run {run.id} goes on")

    def _note(self, frame: Frame) -> None:
        """Tell each note once, and again after it was gone."""
        for note in frame.notes:
            if note.kind not in self._noted:
                self._write(f"run {frame.summary.job.id}: {note.text}")
        self._noted = {note.kind for note in frame.notes}

    def _step(self, step: StepSummary, frame: Frame) -> None:
        before, state = self._states.get(step.job.id), step.job.state
        self._states[step.job.id] = state
        name = one_line(step.job.name)
        if state.final:
            if before != state:
                self._write(f"step {name} {state}{_result(step)}")
        elif state is JobState.RUNNING:
            if before != state:
                self._write(f"step {name} started")
                self._progress[step.job.id] = (frame.at, "")
            self._tell_progress(step, frame.at)

    def _tell_progress(self, step: StepSummary, at: float) -> None:
        told_at, told = self._progress[step.job.id]
        text = step.progress.counts.text
        if at - told_at >= PROGRESS_SECONDS and text != told:
            self._progress[step.job.id] = (at, text)
            self._write(f"step {one_line(step.job.name)}: {text}")

    def _fail(self, job: Job) -> None:
        self._failures += 1
        if self._failures <= MOST_FAILURES:
            self._write(f"failed: {failure_text(job)}")
        elif self._failures == MOST_FAILURES + 1:
            self._write(f"more failures: quaero jobs list --run {job.root_id} --state failed")


def _result(step: StepSummary) -> str:
    """What came of a step that has ended, as far as there is something to tell."""
    counts = step.progress.counts
    if not counts.total:
        return f": {one_line(step.job.error)}" if step.job.error else ""
    rest = [
        f"{number} {word}"
        for number, word in ((counts.failed, "failed"), (counts.cancelled, "cancelled"))
        if number
    ]
    return f": {', '.join([f'{counts.completed} of {counts.total} completed', *rest])}"
