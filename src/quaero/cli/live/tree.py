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
from quaero.cli.text import failure_text, one_line, seconds_text
from quaero.jobs.summary import StepSummary
from quaero.models.job import Job, JobState

FAILURES_SHOWN = 5
RUNNING_SHOWN = 8
NARROW = 60
"""Below so many columns there is no bar."""

_SIGNS = {
    JobState.WAITING: ("·", "dim"),
    JobState.PENDING: ("·", "dim"),
    JobState.PAUSED: ("‖", "yellow"),
    JobState.RUNNING: ("▶", "cyan"),
    JobState.COMPLETED: ("✓", "green"),
    JobState.FAILED: ("✗", "red"),
    JobState.CANCELLED: ("✗", "yellow"),
    JobState.SKIPPED: ("-", "dim"),
}
_PLAIN_SIGNS = str.maketrans({"·": ".", "‖": "=", "▶": ">", "✓": "+", "✗": "x", "…": "~"})


class TreeView:
    """Draws on a terminal; never more lines than it has."""

    wants_running = True

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._failed: deque[Job] = deque(maxlen=FAILURES_SHOWN)
        self._speeds: dict[int, Speed] = {}

    @classmethod
    def on(cls, stream: IO[str]) -> Self:
        """A view on the terminal that `stream` writes to."""
        return cls(Console(file=stream, highlight=False, markup=False, emoji=False))

    def say(self, text: str) -> None:
        self._console.print(one_line(text))

    def show(self, frame: Frame) -> None:
        self._failed.extend(frame.failed)
        self._live.start()
        self._live.update(self.drawn(frame), refresh=True)
        if frame.summary.job.state.final:
            self.close()

    def close(self) -> None:
        self._live.stop()

    def drawn(self, frame: Frame) -> RenderableType:
        """The picture of a frame: the run, its steps, then as many running and failed children as there is room."""
        steps = self._steps(frame)
        room = self._console.size.height - 2 - len(frame.summary.steps)  # the head, and a line for the cursor
        failures = [self._job("✗", "red", failure_text(job)) for job in self._failed]
        failures = failures[-max(room // 2, 0) :] if room > 1 else []
        running = frame.running[: max(min(RUNNING_SHOWN, room - len(failures)), 0)]
        lines = [self._job("▶", "cyan", one_line(job.name)) for job in running]
        return Group(self._head(frame), steps, *lines, *failures)

    def _head(self, frame: Frame) -> Text:
        run = frame.summary.job
        took = seconds_text(frame.summary.duration_seconds(frame.now_ms))
        title = Text.assemble(self._sign(run.state), f"run {run.id} ", (one_line(run.name), "bold"))
        title.append(f"  {run.state}  {took}", "dim")
        return _cut(title)

    def _steps(self, frame: Frame) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        if self._console.size.width >= NARROW:
            table.add_column(width=20, no_wrap=True)
        for _ in range(3):
            table.add_column(no_wrap=True, justify="right")
        height = max(self._console.size.height - 2, 1)
        for step in frame.summary.steps[:height]:
            table.add_row(*self._step(step, frame))
        return table

    def _step(self, step: StepSummary, frame: Frame) -> list[RenderableType]:
        counts = step.progress.counts
        done = counts.total - counts.open
        speed = self._speeds.setdefault(step.job.id, Speed()).seen(frame.at, done)
        name = Text.assemble("  ", self._sign(step.job.state), one_line(step.job.name))
        if counts.failed:
            name.append(f"  {counts.failed} failed", "red")
        bar = ProgressBar(total=max(counts.total, 1), completed=done, width=20)
        cells: list[RenderableType] = [
            name,
            f"{done} of {counts.total}" if counts.total else "",
            self._rate(step, speed, frame.now_ms),
            _elapsed(step, frame.now_ms),
        ]
        if self._console.size.width >= NARROW:
            cells.insert(1, bar if counts.total else "")
        return cells

    def _rate(self, step: StepSummary, speed: float, now_ms: int) -> str:
        """The current speed, or of a step that has ended its average."""
        job, counts = step.job, step.progress.counts
        if job.state.final and job.started_at is not None:
            speed = counts.completed * 1000 / max((job.finished_at or now_ms) - job.started_at, 1)
        return f"{speed:.1f}/s" if counts.total and speed else ""

    def _job(self, sign: str, style: str, text: str) -> Text:
        return _cut(Text.assemble("      ", (f"{self._shown(sign)} ", style), text))

    def _sign(self, state: JobState) -> tuple[str, str]:
        sign, style = _SIGNS[state]
        return f"{self._shown(sign)} ", style

    def _shown(self, sign: str) -> str:
        return sign if self._console.encoding.startswith("utf") else sign.translate(_PLAIN_SIGNS)


def _elapsed(step: StepSummary, now_ms: int) -> str:
    if step.job.started_at is None:
        return ""
    return seconds_text(((step.job.finished_at or now_ms) - step.job.started_at) / 1000)


def _cut(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
