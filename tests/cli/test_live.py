"""What is drawn and written of a run."""

import io
import os
import pty
import subprocess
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.progress_bar import ProgressBar

from quaero.cli.live.frame import Frame
from quaero.cli.live.plain import MOST_FAILURES, PlainView
from quaero.cli.live.speed import Speed
from quaero.cli.live.tree import TreeView
from quaero.jobs.summary import RunSummary, StepSummary
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import DocumentCounts, Progress
from quaero.store.reads import ParentProgress
from quaero.views.notes import Note
from tests.cli.calling import COMMAND

RUNNING, COMPLETED, WAITING = JobState.RUNNING, JobState.COMPLETED, JobState.WAITING


def job(job_id: int, kind: JobKind, state: JobState, name: str) -> Job:
    return Job(job_id, 1, None, kind, "any", name, state, {}, created_at=1_000, started_at=1_000)


def step(
    job_id: int,
    state: JobState,
    counts: Progress = Progress(),  # noqa: B008 - frozen
    *,
    plan_closed: bool = True,
) -> StepSummary:
    progress = ParentProgress(counts, DocumentCounts(), plan_closed, 0, None, None, None)
    return StepSummary(job(job_id, JobKind.PARENT, state, f"step {job_id}"), progress, ())


def frame(
    *steps: StepSummary,
    at: float = 0,
    state: JobState = RUNNING,
    running: int = 0,
    failed: tuple[int, ...] = (),
    notes: tuple[Note, ...] = (),
) -> Frame:
    summary = RunSummary(job(1, JobKind.RUN, state, "Orchard"), "orchard", steps)
    working = tuple(
        job(1_000 + n, JobKind.CHILD, RUNNING, f"https://a.example/{n}" * 9) for n in range(running)
    )
    broken = tuple(job(n, JobKind.CHILD, JobState.FAILED, f"https://a.example/{n}") for n in failed)
    return Frame(at, 3_000, summary, working, broken, notes)


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


@settings(deadline=None)
@given(
    width=st.integers(20, 200),
    height=st.integers(4, 60),
    steps=st.integers(0, 70),
    running=st.integers(0, 30),
    notes=st.integers(0, 4),
    failed=st.integers(0, 20),
)
def test_the_tree_never_has_more_lines_than_the_terminal(
    width: int, height: int, steps: int, running: int, notes: int, failed: int
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
        notes=tuple(Note(str(number), "waits") for number in range(notes)),
    )
    view.show(shown)
    view.close()
    assert len(console.render_lines(view.drawn(shown))) < height


def test_the_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed()
    assert speed.seen(0, 0, 20) == 0
    assert speed.seen(2, 20, 20) == 10
    for second in range(3, 20):
        speed.seen(second, 20, 20)
    assert speed.seen(20, 20, 20) == 0


def test_what_is_left_can_be_told_once_no_more_turns_up() -> None:
    speed = Speed()
    steady = []
    for second, total in enumerate((10, 20, 30, 30, 30, 30, 30, 30)):
        speed.seen(second, 0, total)
        steady.append(speed.steady)
    assert steady == [False] * 7 + [True]


def drawn(width: int, *frames: Frame) -> list[str]:
    """The lines of the last frame."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=24)
    view = TreeView(console)
    for each in frames[:-1]:
        view.drawn(each)
    lines = console.render_lines(view.drawn(frames[-1]), pad=False)
    return ["".join(segment.text for segment in line) for line in lines]


HALF = Progress(total=20, pending=10, completed=10)


@pytest.mark.parametrize("seconds", [0, 10])
def test_before_the_plan_is_closed_nothing_is_promised(seconds: int) -> None:
    begun = frame(step(2, RUNNING, Progress(total=20, pending=20), plan_closed=False))
    wide = drawn(120, begun, frame(step(2, RUNNING, HALF, plan_closed=False), at=seconds))[1]
    assert "10 of 20 known so far" in wide
    assert "left" not in wide
    assert "10 of 20+" in drawn(80, begun, frame(step(2, RUNNING, HALF, plan_closed=False), at=seconds))[1]


def test_of_a_step_that_gets_no_more_children_the_rest_is_estimated() -> None:
    begun = frame(step(2, RUNNING, Progress(total=20, pending=20)))
    line = drawn(120, begun, frame(step(2, RUNNING, HALF), at=5))[1]
    assert "10 of 20  " in line
    assert "2.0/s" in line
    assert "about 5.0 s left" in line


@pytest.mark.parametrize("plan_closed", [True, False])
def test_a_step_that_is_not_over_has_no_full_bar(plan_closed: bool) -> None:
    all_done = Progress(total=40, completed=40)
    console = Console(file=io.StringIO(), force_terminal=True, width=120, height=24)

    def bar_of(state: JobState) -> ProgressBar:
        step_row = TreeView(console)._step(
            step(2, state, all_done, plan_closed=plan_closed), frame(step(2, state))
        )
        [bar] = [cell for cell in step_row if isinstance(cell, ProgressBar)]
        return bar

    running, over = bar_of(RUNNING), bar_of(COMPLETED)
    assert running.total is not None
    assert running.completed < running.total
    assert over.completed == over.total


def test_a_paused_run_has_its_own_sign_and_colour_and_says_how_to_go_on() -> None:
    note = Note("paused", "paused. Let it go on: quaero jobs resume 1")
    paused = frame(step(2, RUNNING, HALF), state=JobState.PAUSED, notes=(note,))
    head, hint, row, *_ = drawn(100, paused)
    assert head.startswith("‖ run 1 ")
    assert note.text in hint
    assert row.startswith("  ‖ step 2")
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=24, color_system="standard")
    with console.capture() as capture:
        console.print(TreeView(console).drawn(paused))
    assert capture.get().count("\x1b[35m") >= 3


def test_lines_tell_a_note_once_and_that_a_run_goes_on() -> None:
    first, later = (Note("planned", f"starts in {seconds} s") for seconds in (9, 8))
    waiting = job(1, JobKind.RUN, JobState.PENDING, "Orchard")
    held = Frame(0, 3_000, RunSummary(msgspec.structs.replace(waiting, started_at=None), "orchard", ()))
    lines = written(
        replace(held, notes=(first,)),
        replace(held, notes=(later,)),
        frame(),
        frame(state=JobState.PAUSED, notes=(Note("paused", "paused"),)),
        frame(),
    )
    assert lines == [
        "run 1: starts in 9 s",
        "run 1 started: Orchard",
        "run 1: paused",
        "run 1 goes on",
    ]


def test_runs_that_follow_each_other_are_drawn_below_each_other() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=80, height=24)
    view = TreeView(console)
    first = RunSummary(job(1, JobKind.RUN, COMPLETED, "First"), "first", ())
    second = RunSummary(job(2, JobKind.RUN, COMPLETED, "Second"), "second", ())
    view.show(Frame(0, 3_000, first))
    once = output.getvalue()
    view.show(Frame(1, 3_000, first))
    assert output.getvalue() == once, "a run that is over is drawn once"
    view.show(Frame(2, 3_000, second))
    assert "\x1b[1A" not in output.getvalue().partition("Second")[0], "it draws over the one before"


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
