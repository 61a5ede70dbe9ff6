"""A run over time, as a picture that needs no script: how many children of each step ran and ended when."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from quaero.models.job import Job
from quaero.models.measures import seconds_text
from quaero.store.store import Store
from quaero.views.moments import now_ms
from quaero.views.run_view import RunView, StepView

SPANS = 120
WIDTH, HEIGHT = 960, 46
"""Of the part of a lane that shows time, in units of the picture."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column: `kind` is a state; places in units of the picture; `told` is shown to who points at it."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A step: when it went on (from `start`, `length` long), and what its children came to.

    `running`: the points of a line. `peak`: what the height of the picture stands for.
    """

    step: StepView
    start: float
    length: float
    bars: tuple[Bar, ...]
    running: str
    peak: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """`marks`: places with the time since the start."""

    lanes: tuple[Lane, ...]
    marks: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


async def timeline_of(store: Store, view: RunView) -> Timeline | None:
    """None: the run has not begun."""
    run = view.job
    if run.started_at is None:
        return None
    whole = max((run.finished_at or now_ms()) - run.started_at, 1)
    span = max(-(-whole // SPANS), 1)
    found: defaultdict[int, Counter[tuple[int, str]]] = defaultdict(Counter)
    for each in await store.timeline(run.id, since=run.started_at, span=span):
        number = min(
            max(each.number, 0), SPANS - 1
        )  # a job that was tried again began later than it may show
        found[each.step_id][number, each.what] += each.count
    scale = WIDTH / (span * SPANS)
    lanes = tuple(_lane(step, found[step.job.id], run, scale, span) for step in view.steps)
    marks = tuple((WIDTH * part / 4, seconds_text(span * SPANS * part / 4000)) for part in range(5))
    return Timeline(lanes, marks)


def _lane(step: StepView, counts: Counter[tuple[int, str]], run: Job, scale: float, span: int) -> Lane:
    began, until = run.started_at or 0, run.finished_at or now_ms()
    start = max((step.job.started_at or until) - began, 0)
    end = max((step.job.finished_at or until) - began, start)
    ends = ("completed", "failed", "cancelled")
    most = max((sum(counts[number, what] for what in ends) for number in range(SPANS)), default=0)
    bars = []
    for number in range(SPANS):
        low = float(HEIGHT)
        at = seconds_text(number * span / 1000)
        told = ", ".join(f"{counts[number, what]:,} {what}" for what in ends if counts[number, what])
        for what in ends:
            if counts[number, what]:
                height = HEIGHT * counts[number, what] / most
                low -= height
                bars.append(
                    Bar(what, number * span * scale, low, span * scale, height, f"after {at}: {told}")
                )
    line, at_once = _running(counts, scale * span)
    within = f"{span} ms" if span < 1_000 else seconds_text(span / 1_000)
    peak = f"at most {most:,} ended in {within}, and {at_once:,} ran at once" if most else ""
    return Lane(step, start * scale, max((end - start) * scale, 2.0), tuple(bars), line, peak)


def _running(counts: Counter[tuple[int, str]], width: float) -> tuple[str, int]:
    """The points of a line: how many children ran at the end of each span, as a share of the most; and the most."""
    now, levels = 0, []
    for number in range(SPANS):
        now += counts[number, "started"]
        now -= sum(counts[number, what] for what in ("completed", "failed", "cancelled"))
        levels.append(max(now, 0))
    most = max(levels)
    if not most:
        return "", 0
    points = " ".join(
        f"{number * width:.1f},{HEIGHT - (HEIGHT - 2) * level / most:.1f}"
        for number, level in enumerate(levels)
    )
    return points, most
