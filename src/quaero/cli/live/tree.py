"""A run as a live tree on a terminal."""

from collections import deque
from typing import IO, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from quaero.cli.live.frame import Frame
from quaero.cli.live.speed import Speed
from quaero.jobs.summary import StepSummary
from quaero.models.job import Job, JobState
from quaero.models.measures import seconds_text
from quaero.views.text import failure_text, one_line

FAILURES_SHOWN = 5
RUNNING_SHOWN = 8
NARROW, WIDE = 60, 110
"""Columns: below the first there is no bar, from the second on numbers are explained."""

PAUSED_STYLE = "magenta"
_SIGNS = {
    JobState.WAITING: ("·", "dim"),
    JobState.PENDING: ("·", "dim"),
    JobState.PAUSED: ("‖", PAUSED_STYLE),
    JobState.RUNNING: ("▶", "cyan"),
    JobState.COMPLETED: ("✓", "green"),
    JobState.FAILED: ("✗", "red"),
    JobState.CANCELLED: ("✗", "yellow"),
    JobState.SKIPPED: ("-", "dim"),
}
_PLAIN_SIGNS = str.maketrans({"·": ".", "‖": "=", "▶": ">", "✓": "+", "✗": "x", "…": "~"})


class TreeView:
    """Draws one run after the other on a terminal; never more lines than it has."""

    wants_running = True

    def __init__(self, console: Console) -> None:
        self._console = console
        self._run_id: int | None = None
        self._begin()

    def _begin(self) -> None:
        self._live = Live(
            console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        self._failed: deque[Job] = deque(maxlen=FAILURES_SHOWN)
        self._speeds: dict[int, Speed] = {}
        self._over = False

    @classmethod
    def on(cls, stream: IO[str]) -> Self:
        """A view on the terminal that `stream` writes to."""
        return cls(Console(file=stream, highlight=False, markup=False, emoji=False))

    def say(self, text: str) -> None:
        self._console.print(one_line(text))

    def show(self, frame: Frame) -> None:
        if self._run_id not in (None, frame.summary.job.id):
            self.close()
            self._begin()  # a picture of its own, below the one before
        self._run_id = frame.summary.job.id
        if self._over:
            return
        self._failed.extend(frame.failed)
        self._live.start()
        self._live.update(self.drawn(frame), refresh=True)
        self._over = frame.summary.job.state.final
        if self._over:
            self.close()

    def close(self) -> None:
        self._live.stop()

    def drawn(self, frame: Frame) -> RenderableType:
        """The picture of a frame: the run, what holds it back, its steps, then as many running and failed children
        as there is room.
        """
        height = self._console.size.height - 2  # the head, and a line for the cursor
        notes = [_cut(Text(f"  {note.text}", PAUSED_STYLE)) for note in frame.notes][: max(height - 1, 0)]
        steps = frame.summary.steps[: max(height - len(notes), 1)]
        room = height - len(notes) - len(steps)
        failures = [self._job("✗", "red", failure_text(job)) for job in self._failed]
        failures = failures[-max(room // 2, 0) :] if room > 1 else []
        running = frame.running[: max(min(RUNNING_SHOWN, room - len(failures)), 0)]
        lines = [self._job("▶", "cyan", one_line(job.name)) for job in running]
        return Group(self._head(frame), *notes, self._steps(steps, frame), *lines, *failures)

    def _head(self, frame: Frame) -> Text:
        run = frame.summary.job
        took = seconds_text(frame.summary.duration_seconds(frame.now_ms))
        title = Text.assemble(self._sign(run.state), f"run {run.id} ", (one_line(run.name), "bold"))
        title.append(f"  {run.state}", PAUSED_STYLE if run.state is JobState.PAUSED else "dim")
        title.append(f"  {took}", "dim")
        return _cut(title)

    def _steps(self, steps: tuple[StepSummary, ...], frame: Frame) -> Table:
        width = self._console.size.width
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        if width >= NARROW:
            table.add_column(width=self._bar_width, no_wrap=True)
        for _ in range(4):
            table.add_column(no_wrap=True, justify="right")
        for step in steps:
            table.add_row(*self._step(step, frame))
        return table

    @property
    def _bar_width(self) -> int:
        return 20 if self._console.size.width >= WIDE else 12

    def _step(self, step: StepSummary, frame: Frame) -> list[RenderableType]:
        counts, state = step.progress.counts, step.job.state
        done = counts.total - counts.open
        speed = self._speeds.setdefault(step.job.id, Speed())
        rate = speed.seen(frame.at, done, counts.total)
        if frame.summary.job.state is JobState.PAUSED and state is JobState.RUNNING and not counts.running:
            state, rate = JobState.PAUSED, 0.0
        known = state.final or (step.progress.plan_closed and speed.steady)
        name = Text.assemble("  ", self._sign(state), one_line(step.job.name))
        if counts.failed:
            name.append(f"  {counts.failed} failed", "red")
        cells: list[RenderableType] = [
            name,
            self._count(done, counts.total, known=known) if counts.total else "",
            _rate(step, rate, frame.now_ms),
            self._left(counts.open / rate) if known and rate and not state.final else "",
            _elapsed(step, frame.now_ms),
        ]
        if self._console.size.width >= NARROW:
            # What is not over is not full, even when all that is known is done.
            most = counts.total if state.final else max(counts.total, done + 1)
            bar = ProgressBar(total=max(most, 1), completed=done, width=self._bar_width)
            cells.insert(1, bar if counts.total else "")
        return cells

    def _count(self, done: int, total: int, *, known: bool) -> str:
        if known:
            return f"{done} of {total}"
        return (
            f"{done} of {total} known so far" if self._console.size.width >= WIDE else f"{done} of {total}+"
        )

    def _left(self, seconds: float) -> str:
        text = seconds_text(seconds)
        return f"about {text} left" if self._console.size.width >= WIDE else f"~{text}"

    def _job(self, sign: str, style: str, text: str) -> Text:
        return _cut(Text.assemble("      ", (f"{self._shown(sign)} ", style), text))

    def _sign(self, state: JobState) -> tuple[str, str]:
        sign, style = _SIGNS[state]
        return f"{self._shown(sign)} ", style

    def _shown(self, sign: str) -> str:
        return sign if self._console.encoding.startswith("utf") else sign.translate(_PLAIN_SIGNS)


def _rate(step: StepSummary, rate: float, now_ms: int) -> str:
    """The current speed, or of a step that has ended its average."""
    job, counts = step.job, step.progress.counts
    if job.state.final and job.started_at is not None:
        rate = counts.completed * 1000 / max((job.finished_at or now_ms) - job.started_at, 1)
    return f"{rate:.1f}/s" if counts.total and rate else ""


def _elapsed(step: StepSummary, now_ms: int) -> str:
    if step.job.started_at is None:
        return ""
    return seconds_text(((step.job.finished_at or now_ms) - step.job.started_at) / 1000)


def _cut(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
