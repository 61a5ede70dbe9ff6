"""What is drawn and written of a run."""

import io
import os
import pty
import subprocess

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from quaero.cli.live.frame import Frame
from quaero.cli.live.plain import MOST_FAILURES, PlainView
from quaero.cli.live.speed import Speed
from quaero.cli.live.tree import TreeView
from quaero.jobs.summary import RunSummary, StepSummary
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import DocumentCounts, Progress
from quaero.store.reads import ParentProgress
from tests.cli.calling import COMMAND

RUNNING, COMPLETED, WAITING = JobState.RUNNING, JobState.COMPLETED, JobState.WAITING


def job(job_id: int, kind: JobKind, state: JobState, name: str) -> Job:
    return Job(job_id, 1, None, kind, "any", name, state, {}, created_at=1_000, started_at=1_000)


def step(job_id: int, state: JobState, counts: Progress = Progress()) -> StepSummary:  # noqa: B008 - frozen
    progress = ParentProgress(counts, DocumentCounts(), plan_closed=True, slots=0, max_documents=None)
    return StepSummary(job(job_id, JobKind.PARENT, state, f"step {job_id}"), progress, ())


def frame(
    *steps: StepSummary,
    at: float = 0,
    state: JobState = RUNNING,
    running: int = 0,
    failed: tuple[int, ...] = (),
) -> Frame:
    summary = RunSummary(job(1, JobKind.RUN, state, "Orchard"), "orchard", steps)
    working = tuple(
        job(1_000 + n, JobKind.CHILD, RUNNING, f"https://a.example/{n}" * 9) for n in range(running)
    )
    broken = tuple(job(n, JobKind.CHILD, JobState.FAILED, f"https://a.example/{n}") for n in failed)
    return Frame(at, 3_000, summary, working, broken)


def written(*frames: Frame) -> list[str]:
    lines: list[str] = []
    view = PlainView(lines.append)
    for each in frames:
        view.show(each)
    return lines


def test_a_run_is_told_line_by_line() -> None:
    lines = written(
        frame(step(2, RUNNING), step(3, WAITING)),
        frame(step(2, COMPLETED, Progress(total=2, completed=2)), step(3, RUNNING), at=1),
        frame(
            step(2, COMPLETED, Progress(total=2, completed=2)),
            step(3, COMPLETED, Progress(total=2, completed=1, failed=1)),
            at=2,
            state=COMPLETED,
        ),
    )
    assert lines == [
        "run 1 started: Orchard",
        "step step 2 started",
        "step step 2 completed: 2 of 2 completed",
        "step step 3 started",
        "step step 3 completed: 1 of 2 completed, 1 failed",
        "run 1 completed after 2.0 s",
    ]


def test_progress_is_told_every_two_seconds_and_only_when_it_changed() -> None:
    counts = [Progress(total=9, pending=9 - done, completed=done) for done in range(4)]
    frames = [
        frame(step(2, RUNNING, counts[done]), at=at) for at, done in ((0, 0), (1, 1), (2, 2), (3, 3), (4, 3))
    ]
    assert [
        line for line in written(*frames, frame(step(2, RUNNING, counts[3]), at=9)) if "pending" in line
    ] == [
        "step step 2: 7 pending, 0 running, 2 completed, 0 failed",
        "step step 2: 6 pending, 0 running, 3 completed, 0 failed",
    ]


def test_many_failures_end_in_a_hint() -> None:
    numbers = tuple(range(10, 10 + MOST_FAILURES + 5))
    lines = [line for line in written(frame(failed=numbers)) if "fail" in line]
    assert len(lines) == MOST_FAILURES + 1
    assert lines[-1] == "more failures: quaero jobs list --run 1 --state failed"


def test_control_characters_of_strangers_reach_no_terminal() -> None:
    bad = job(5, JobKind.CHILD, JobState.FAILED, "https://a.example/\x1b[2J\u202e")
    assert not any(
        "\x1b" in line or "\u202e" in line for line in written(Frame(0, 0, frame().summary, (), (bad,)))
    )


@given(
    width=st.integers(20, 200),
    height=st.integers(4, 60),
    steps=st.integers(0, 70),
    running=st.integers(0, 30),
    failed=st.integers(0, 20),
)
def test_the_tree_never_has_more_lines_than_the_terminal(
    width: int, height: int, steps: int, running: int, failed: int
) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height)
    view = TreeView(console)
    shown = frame(
        *[
            step(number, RUNNING, Progress(total=12_345, pending=2_345, completed=10_000))
            for number in range(steps)
        ],
        running=running,
        failed=tuple(range(failed)),
    )
    view.show(shown)
    view.close()
    assert len(console.render_lines(view.drawn(shown))) < height


def test_the_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed()
    assert speed.seen(0, 0) == 0
    assert speed.seen(2, 20) == 10
    for second in range(3, 20):
        speed.seen(second, 20)
    assert speed.seen(20, 20) == 0


def test_on_a_terminal_the_tree_stays_on_the_screen() -> None:
    screen, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        [*COMMAND, "run", "reindex"], stdout=terminal, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        output = b""
        while chunk := read(screen):
            output += chunk
    os.close(screen)
    text = output.decode()
    assert process.returncode == 0
    assert "✓ run 1 " in text
    assert "1 of 1" in text
    assert "\x1b[3" not in text, "a colour, though NO_COLOR is set"


def read(screen: int) -> bytes:
    """What the terminal has to show; nothing once its last user is gone."""
    try:
        return os.read(screen, 65_536)
    except OSError:
        return b""
