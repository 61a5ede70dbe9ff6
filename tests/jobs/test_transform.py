"""The transform step: what is made of stored originals, of stored Markdown and of files, and what stays as it is."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from pydantic import ValidationError

from quaero.jobs.engine import Engine
from quaero.jobs.manager import JobManager
from quaero.jobs.manager.transform_manager import TransformConfig, TransformManager
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker import JobWorker
from quaero.jobs.worker.transform_worker import TransformWorker
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import Document, NewDocument, content_hash
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, LogLevel, Settlement
from quaero.models.toml_writer import ConfigValue
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.testing import open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step

HTML = b"""<!doctype html><html lang="en"><title>Harbour</title><main><h1>Harbour</h1>
<p>Ships lie in the harbour; see the <a href="light.html">lighthouse</a> and its <script>alert(1)</script> keeper.</p>
</main></html>"""
FIRST = "# Harbour\n\nan older rendering"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """One database is enough: the step knows nothing of it."""
    managers: list[JobManager] = [ScriptManager(), TransformManager()]
    workers: list[JobWorker] = [ScriptWorker(), TransformWorker()]
    async with open_test_engine(tmp_path / "test.db", managers, workers) as engine:
        yield engine
        assert await engine.store.check() == ()


def page(name: str = "harbour", body: bytes | None = HTML, media_type: str = "text/html") -> NewDocument:
    """A document as a crawl left it. Without a body its original was not kept."""
    url = f"https://docs.example.org/guide/{name}.html"
    source = None if body is None else zstandard.compress(body)
    return NewDocument(
        "crawler",
        url,
        url,
        "Harbour",
        FIRST,
        content_hash("Harbour", FIRST),
        source=source,
        media_type=media_type,
    )


async def keep(engine: Engine, *documents: NewDocument) -> None:
    """Store documents as the outcome of a run."""
    await engine.control.launch(script_definition(script_step(count=1), id="crawl"))
    [parent] = (await engine.store.claim(["script"], 1, 60_000)).jobs
    await engine.store.begin_plan(parent, StepLimits())
    await engine.store.add_planned(parent, [ChildJob("scripted", "crawl", {})], last=True)
    [job] = (await engine.store.claim(["scripted"], 1, 60_000)).jobs
    await engine.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, documents=documents)])
    await engine.store.fold()


async def transform(engine: Engine, **config: ConfigValue) -> RunSummary:
    step = JobStep("transform", "transform", config)
    summary = await run_to_end(engine, JobDefinition("transform", "Transform", (step,), tags=("made",)))
    assert summary.job.state is JobState.COMPLETED, summary.job.error
    return summary


async def documents(engine: Engine) -> list[Document]:
    found = (await engine.store.documents(DocumentFilter(), limit=100)).items
    return [await engine.store.document(document.id) for document in found]


async def jobs(engine: Engine, summary: RunSummary) -> list[Job]:
    wanted = JobFilter(root_id=summary.job.id, kind=JobKind.CHILD)
    return list((await engine.store.jobs(wanted, oldest_first=True)).items)


async def test_the_markdown_of_a_document_is_made_again_from_its_original(engine: Engine) -> None:
    await keep(engine, page())
    summary = await transform(engine)

    [document] = await documents(engine)
    assert summary.documents.updated == 1
    assert "Ships lie in the harbour" in (document.markdown or "")
    assert "(https://docs.example.org/guide/light.html)" in (document.markdown or "")
    assert document.source_type == "crawler"
    assert document.tags == ("made",)
    assert await engine.store.document_source(document.id) == ("text/html", zstandard.compress(HTML))


async def test_what_is_as_it_should_be_stays_unchanged(engine: Engine) -> None:
    await keep(engine, page())
    await transform(engine)
    [before] = await documents(engine)

    summary = await transform(engine)

    assert (summary.documents.updated, summary.documents.unchanged) == (0, 1)
    assert await documents(engine) == [before]


async def test_relative_links_are_resolved_against_the_base_url(engine: Engine) -> None:
    await keep(engine, page())
    await transform(engine, base_url="https://mirror.example.net/book/")

    [document] = await documents(engine)
    assert "(https://mirror.example.net/book/light.html)" in (document.markdown or "")


async def test_an_original_that_was_not_kept_or_is_no_html_is_noted_and_left_out(engine: Engine) -> None:
    await keep(engine, page("a", None), page("b", b"plain", "text/plain"))
    summary = await transform(engine)

    notes = [job.note for job in await jobs(engine, summary)]
    assert notes == ["left out: its original was not kept", "left out: its original is text/plain, not html"]
    assert [document.markdown for document in await documents(engine)] == [FIRST, FIRST]


async def test_a_document_that_a_crawl_changes_meanwhile_is_not_overwritten(engine: Engine) -> None:
    await keep(engine, page())
    [before] = await documents(engine)
    newer = replace(page(), markdown="newer", content_hash=content_hash("Harbour", "newer"))
    await keep(engine, newer)

    await keep(engine, replace(page(), markdown="late", content_hash="late", replaces=before.content_hash))
    assert [each.markdown for each in await documents(engine)] == ["newer"]

    await engine.store.delete_document(before.id)
    await keep(engine, replace(page(), markdown="late", content_hash="late", replaces=before.content_hash))
    assert await documents(engine) == []


async def test_mistakes_in_html_are_told_and_counted(engine: Engine) -> None:
    broken = b"<p>one</b><p id=a id=b>two &bogus text that goes on"
    await keep(engine, page("sound"), page("broken", broken))
    summary = await transform(engine, validate_html=True)

    sound, wrong = await jobs(engine, summary)
    assert not sound.note
    assert wrong.note == "1 mistake in its HTML"
    [line] = await engine.store.log(wrong.id, levels=[LogLevel.WARNING])
    assert "line 1, column 20: duplicate-attribute" in line.message


async def test_other_formats_become_documents_that_lead_back_to_their_source(engine: Engine) -> None:
    await keep(engine, page())
    [source] = await documents(engine)

    for output_format in ("text", "html", "jsonl"):
        await transform(engine, output_format=output_format)
    again = await transform(engine, output_format="html")

    _, text, html, line = await documents(engine)
    assert again.documents.unchanged == 1
    assert {each.source_type for each in (text, html, line)} == {"transform"}
    assert text.metadata["source"] == {
        "document_id": source.id,
        "url": source.url,
        "canonical_url": source.canonical_url,
        "content_hash": source.content_hash,
    }
    assert "Ships lie in the harbour" in await original(engine, text)
    assert (await original(engine, html)).startswith("<!doctype html>")
    assert json.loads(await original(engine, line))["document_id"] == source.id


async def original(engine: Engine, document: Document) -> str:
    found = await engine.store.document_source(document.id)
    assert found is not None
    return zstandard.decompress(found[1]).decode()


async def test_what_a_transformation_made_is_transformed_only_when_it_is_named(engine: Engine) -> None:
    await keep(engine, page())
    await transform(engine, output_format="html")

    assert len(await jobs(engine, await transform(engine, output_format="text"))) == 1
    named = await transform(engine, output_format="text", document_filter={"source_type": "transform"})
    assert len(await jobs(engine, named)) == 2


async def test_documents_become_files_with_an_index_and_are_written_once(
    engine: Engine, tmp_path: Path
) -> None:
    await keep(engine, page("harbour"), page("quay"))
    folder = tmp_path / "out"
    await transform(engine, output_format="html", output_dir=str(folder))
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}

    again = await transform(engine, output_format="html", output_dir=str(folder))

    assert set(before) == {"guide-harbour-1.html", "guide-quay-2.html", "index.jsonl"}
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    notes = [job.note for job in await jobs(engine, again)]
    assert notes == ["guide-harbour-1.html is as it should be", "guide-quay-2.html is as it should be"]
    entries = [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines()]
    assert {(entry["file"], entry["document_id"]) for entry in entries} == {
        ("guide-harbour-1.html", 1),
        ("guide-quay-2.html", 2),
    }
    text = (folder / "guide-harbour-1.html").read_text()
    assert "Ships lie in the harbour" in text
    assert "alert" not in text


async def test_stored_markdown_is_written_without_its_original(engine: Engine, tmp_path: Path) -> None:
    await keep(engine, page(body=None))
    await transform(engine, input_format="markdown", output_dir=str(tmp_path / "out"))

    text = (tmp_path / "out" / "guide-harbour-1.md").read_text()
    assert text.startswith('---\ntitle: "Harbour"\nsource: "https://docs.example.org/guide/harbour.html"\n')
    assert text.endswith(f"{FIRST}\n")


async def test_all_documents_become_one_file_of_json_lines(engine: Engine, tmp_path: Path) -> None:
    await keep(engine, page("a"), page("b", None), page("c"))
    config: Mapping[str, ConfigValue] = {"output_format": "jsonl", "output_dir": str(tmp_path / "out")}
    summary = await transform(engine, **config)

    file = tmp_path / "out" / "documents.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["document_id"] for line in lines] == [1, 3]
    [job] = await jobs(engine, summary)
    assert job.note == f"2 lines in {file}, 1 left out"
    [line] = await engine.store.log(job.id)
    assert line.message == "left out 1: its original was not kept"
    await transform(engine, **config, document_filter={"limit": 1})
    assert len(file.read_text().splitlines()) == 1


def files(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "harbour.html").write_bytes(HTML)
    (folder / "sub" / "note.md").write_text("# A note\n\nsee [that](other.md)")
    (folder / "plain.txt").write_text("just text")
    return folder


async def test_files_become_documents_and_the_same_ones_when_they_change(
    engine: Engine, tmp_path: Path
) -> None:
    folder = files(tmp_path)
    summary = await transform(engine, input_dir=str(folder), input_format="markdown")
    assert [job.name for job in await jobs(engine, summary)] == ["sub/note.md"]
    [note] = await documents(engine)
    assert (note.source_type, note.title, note.url) == ("file", "A note", (folder / "sub/note.md").as_uri())
    assert note.metadata["file"] == {"path": "sub/note.md"}

    (folder / "sub" / "note.md").write_text("# A note\n\nchanged")
    summary = await transform(engine, input_dir=str(folder), input_format="markdown")

    assert summary.documents.updated == 1
    assert [document.markdown for document in await documents(engine)] == ["# A note\n\nchanged"]


async def test_all_files_become_one_file_of_json_lines(engine: Engine, tmp_path: Path) -> None:
    folder, out = files(tmp_path), tmp_path / "out"
    (folder / "second.MD").write_text("no heading")
    await transform(
        engine, input_dir=str(folder), output_dir=str(out), input_format="markdown", output_format="jsonl"
    )

    lines = [json.loads(line) for line in (out / "documents.jsonl").read_text().splitlines()]
    assert [(line["path"], line["title"]) for line in lines] == [
        ("second.MD", "second.MD"),
        ("sub/note.md", "A note"),
    ]


async def test_files_take_their_addresses_from_the_base_url(engine: Engine, tmp_path: Path) -> None:
    await transform(engine, input_dir=str(files(tmp_path)), base_url="https://example.org/site/")

    [document] = await documents(engine)
    assert document.url == "https://example.org/site/harbour.html"
    assert "(https://example.org/site/light.html)" in (document.markdown or "")


async def test_files_become_files_in_folders_of_the_same_names(engine: Engine, tmp_path: Path) -> None:
    folder, out = files(tmp_path), tmp_path / "out"
    config: Mapping[str, ConfigValue] = {"input_dir": str(folder), "output_dir": str(out)}
    await transform(engine, **config, input_format="markdown", output_format="html")
    await transform(engine, **config, input_format="text", output_format="text", input_pattern="*.txt")

    assert "<h1>A note</h1>" in (out / "sub" / "note.md.html").read_text()
    assert (out / "plain.txt").read_text() == "plain\n\njust text\n"


async def test_a_page_that_eats_its_limit_fails_alone(engine: Engine) -> None:
    await keep(engine, page("deep", b"<div>" * 300_000 + b"x"), page("sound"))
    summary = await transform(engine, output_format="text")

    assert {job.state for job in (await jobs(engine, summary))[1:]} == {JobState.COMPLETED}
    assert "transform" in {document.source_type for document in await documents(engine)}


async def test_a_folder_that_cannot_be_written_fails_its_job_in_a_line(
    engine: Engine, tmp_path: Path
) -> None:
    await keep(engine, page())
    (tmp_path / "out").write_text("a file, no folder")
    step = JobStep("transform", "transform", {"output_dir": str(tmp_path / "out")})
    definition = JobDefinition("transform", "Transform", (replace(step, retry=script_step().retry),))
    summary = await run_to_end(engine, definition)

    [job] = await jobs(engine, summary)
    assert (job.state, job.error_code) == (JobState.FAILED, "not_written")


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"input_format": "markdown"}, "say where to write it"),
        ({"input_dir": "in", "output_format": "html"}, "say where to"),
        ({"document_filter": {"missing": True}}, "leave out `missing`"),
        ({"validate_html": True, "input_format": "text"}, "validate_html"),
        ({"base_url": "ftp://example.org/"}, "no http or https URL"),
        ({"output_format": "pdf"}, "output_format"),
        ({"input_dir": "in", "output_dir": "in"}, "would be its own input"),
        ({"input_dir": "in", "output_dir": "in/../in/out"}, "would be its own input"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_read(config: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        TransformConfig.model_validate(config)
