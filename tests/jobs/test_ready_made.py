"""The ready-made managers that plan one child, a child for each line and a child for each file."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from quaero.jobs.engine import Engine, StoredCollection
from quaero.jobs.folders import file_in
from quaero.jobs.manager import JobManager, PlanContext
from quaero.jobs.manager.each_file import EachFileConfig, EachFileManager
from quaero.jobs.manager.each_line import LONGEST_LINE, EachLineConfig, EachLineManager
from quaero.jobs.manager.one_child import OneChildManager
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import JobFailure
from quaero.models.job import Job, JobKind, JobState
from quaero.models.outcome import End, Outcome, Settlement
from quaero.models.toml_writer import ConfigValue
from quaero.store.reads import JobFilter
from quaero.testing import finish, open_test_engine, run_to_end


class OnceManager(OneChildManager):
    manager_type = "once"
    child_type = "told"


class GreetingConfig(EachLineConfig):
    greeting: Annotated[str, Field(examples=["Hello"])] = "Hello"


class LinesManager(EachLineManager):
    manager_type = "lines"
    child_type = "told"
    config_model = GreetingConfig


class FilesManager(EachFileManager):
    manager_type = "files"
    child_type = "told"


class TellWorker:
    """Notes what it was given."""

    worker_type = "told"

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        if "file" in job.config:
            return Outcome(note=file_in(Path(context.config.folder), job.config["file"]).read_text())
        greeting = getattr(context.config, "greeting", "nobody to greet")
        return Outcome(note=f"{greeting} {job.config.get('text', '')}".strip())

    async def close(self) -> None:
        pass


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    managers: list[JobManager] = [OnceManager(), LinesManager(), FilesManager()]
    async with open_test_engine(tmp_path / "test.db", managers, [TellWorker()]) as engine:
        yield engine
        assert await engine.store.check() == ()


def definition(action: str, **config: ConfigValue) -> JobDefinition:
    return JobDefinition("work", "Work", (JobStep("step", action, config),))


async def children(engine: Engine, run_id: int) -> list[Job]:
    wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD)
    return list((await engine.store.jobs(wanted, limit=10_000, oldest_first=True)).items)


async def notes(engine: Engine, summary: RunSummary) -> list[str | None]:
    assert summary.job.state is JobState.COMPLETED, summary.job.error
    return [job.note for job in await children(engine, summary.job.id)]


async def interrupted(engine: Engine, manager: JobManager, work: JobDefinition, planned: int) -> int:
    """A run whose planning stored so many children and was then lost."""
    run_id = await engine.control.launch(work)
    [parent] = (await engine.store.claim([work.steps[0].action], 1, 60_000)).jobs
    config: Any = manager.config_model.model_validate(work.steps[0].config)
    context = PlanContext(StoredCollection(engine.store), engine.control)
    await engine.store.begin_plan(parent, manager.limits(config))
    plan = manager.create_parent_job(work.steps[0], work, parent.id, config, context)
    await engine.store.add_planned(parent, [await anext(plan) for _ in range(planned)], last=False)
    await engine.store.settle([Settlement(parent.id, parent.lease_number, End.RELEASED)])
    return run_id


async def test_one_child_does_the_whole_step(engine: Engine) -> None:
    summary = await run_to_end(engine, definition("once"))

    assert await notes(engine, summary) == ["nobody to greet"]
    assert [job.name for job in await children(engine, summary.job.id)] == ["step"]


async def test_each_line_has_a_child_but_the_empty_ones(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_bytes(b"\xef\xbb\xbfAda\r\n\r\n  Grace \n\xc3\x89mile")
    summary = await run_to_end(engine, definition("lines", file=str(file), greeting="Hi"))

    assert await notes(engine, summary) == ["Hi Ada", "Hi Grace", "Hi Émile"]
    assert [job.config["line"] for job in await children(engine, summary.job.id)] == [1, 3, 4]


async def test_lines_that_are_added_while_planning_is_interrupted_are_taken_once(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "names.txt"
    file.write_text("".join(f"name {number}\n" for number in range(1_500)))
    work = definition("lines", file=str(file))
    run_id = await interrupted(engine, LinesManager(), work, 1_200)
    with file.open("a") as more:
        more.write("a last one\n")

    await finish(engine, run_id)

    found = [job.config["text"] for job in await children(engine, run_id)]
    assert found == [*(f"name {number}" for number in range(1_500)), "a last one"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "no_file"), (b"caf\xe9\n", "unreadable_file"), (b"x" * (LONGEST_LINE + 1), "unreadable_file")],
)
async def test_a_file_that_is_no_list_of_lines_ends_the_step(
    engine: Engine, tmp_path: Path, content: bytes | None, code: str
) -> None:
    file = tmp_path / "names.txt"
    if content is not None:
        file.write_bytes(content)
    summary = await run_to_end(engine, definition("lines", file=str(file)))

    assert summary.job.state is JobState.FAILED
    assert summary.steps[0].job.error_code == code
    assert str(file) in (summary.steps[0].job.error or "")


async def test_each_file_has_a_child(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    for name in ("b.md", "a.md", "sub/c.md", "d.txt"):
        (folder / name).write_text(f"text of {name}")
    summary = await run_to_end(engine, definition("files", folder=str(folder), pattern="**/*.md"))

    assert await notes(engine, summary) == ["text of a.md", "text of b.md", "text of sub/c.md"]


async def test_files_that_come_and_go_while_planning_is_interrupted_double_none(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in "abcdef":
        (folder / name).write_text(name)
    run_id = await interrupted(engine, FilesManager(), definition("files", folder=str(folder)), 3)
    (folder / "bb").write_text("too late")
    (folder / "g").write_text("g")
    (folder / "e").unlink()

    await finish(engine, run_id)

    assert [job.name for job in await children(engine, run_id)] == [*"abc", *"df", "g"]


async def test_a_folder_that_is_not_there_ends_the_step(engine: Engine, tmp_path: Path) -> None:
    summary = await run_to_end(engine, definition("files", folder=str(tmp_path / "gone")))

    assert summary.steps[0].job.error_code == "no_file"


@pytest.mark.parametrize(("model", "key"), [(EachLineConfig, "file"), (EachFileConfig, "folder")])
def test_what_is_to_be_read_must_be_named(model: type[EachLineConfig | EachFileConfig], key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        model.model_validate({})


def test_a_failure_of_a_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(JobFailure, match="Correct the definition"):
        file_in(tmp_path / "gone", "a")
