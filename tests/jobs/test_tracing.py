"""Traces of executions, as OpenTelemetry gets them."""

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from quaero.jobs.tracing import Tracing, tracing_for
from quaero.testing import open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step


async def spans_of_a_run(folder: Path) -> list[ReadableSpan]:
    """Of one that plans a child that succeeds and one that fails."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    definition = script_definition(
        script_step(children=[{"name": "good"}, {"name": "bad", "breaks": "http_404"}])
    )
    async with open_test_engine(
        folder / "test.db", [ScriptManager()], [ScriptWorker()], tracing=Tracing(provider, "a store")
    ) as engine:
        await run_to_end(engine, definition)
        return list(exporter.get_finished_spans())


async def test_planning_is_in_the_trace_of_the_run_and_each_child_in_one_of_its_own_linked_to_it(
    tmp_path: Path,
) -> None:
    planning, *children = sorted(await spans_of_a_run(tmp_path), key=lambda span: span.name != "plan script")
    assert [child.name for child in children] == ["scripted", "scripted"]
    assert planning.parent is not None
    for child in children:
        assert child.parent is None
        assert [link.context.trace_id for link in child.links] == [planning.context.trace_id]
        assert child.attributes is not None
        assert child.attributes["quaero.run.id"] == 1
    assert len({span.context.trace_id for span in (planning, *children)}) == 3


async def test_a_failure_is_told_by_its_code(tmp_path: Path) -> None:
    spans = await spans_of_a_run(tmp_path)
    [failed] = [span for span in spans if span.status.status_code is StatusCode.ERROR]
    assert failed.status.description == "http_404"


def test_runs_of_another_store_have_other_traces() -> None:
    provider = TracerProvider()
    ids = {Tracing(provider, store)._run(1).trace_id for store in ("here", "there")}
    assert len(ids) == 2
    assert Tracing(provider, "here")._run(1).trace_id in ids


def test_nothing_is_traced_unless_a_variable_says_where_to() -> None:
    assert tracing_for("a store", {}) is None


def test_without_the_package_the_error_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"
        "from quaero.jobs.tracing import tracing_for\n"
        "try: tracing_for('a store', {'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:9'})\n"
        "except Exception as error: print(error)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert "extra otel" in printed


def test_a_request_has_a_span_of_its_time() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    Tracing(provider, "a store").asked("list_jobs", "GET", 500, 0.25)
    [span] = exporter.get_finished_spans()
    assert span.name == "list_jobs"
    assert span.start_time is not None
    assert span.end_time is not None
    assert (span.end_time - span.start_time) / 1e9 == pytest.approx(0.25, abs=0.01)
    assert span.status.status_code is StatusCode.ERROR
