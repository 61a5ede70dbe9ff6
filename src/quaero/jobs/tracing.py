"""Traces by OpenTelemetry, where it is told by its own variables where to send them."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from quaero.models.errors import UsageError
from quaero.models.job import Job, JobKind

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanContext

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Trace:
    """What is told of an execution while it is traced."""

    def __init__(self) -> None:
        self.error_code = ""

    def failed(self, code: str) -> None:
        self.error_code = code


class Tracing:
    """Spans of executions and requests.

    Planning a step belongs to the trace of its run. Each child job has a trace of its own that is linked to that of the
    run: a crawl of 100,000 pages is not one trace. `store` tells runs of the same number apart.
    """

    def __init__(self, provider: "TracerProvider", store: str) -> None:
        self._provider, self._store = provider, store
        self._tracer = provider.get_tracer("quaero")

    @contextmanager
    def execution(self, job: Job) -> Iterator[Trace]:
        """A span around the block."""
        from opentelemetry import trace  # noqa: PLC0415 - not installed everywhere
        from opentelemetry.context import Context  # noqa: PLC0415

        run, told = self._run(job.root_id), Trace()
        planning = job.kind is JobKind.PARENT
        with self._tracer.start_as_current_span(
            f"plan {job.type}" if planning else job.type,
            context=trace.set_span_in_context(trace.NonRecordingSpan(run), Context())
            if planning
            else Context(),
            kind=trace.SpanKind.CONSUMER,
            links=() if planning else (trace.Link(run),),
            attributes={
                "quaero.job.id": job.id,
                "quaero.job.name": job.name[:500],
                "quaero.job.attempt": job.attempt,
                "quaero.run.id": job.root_id,
            },
        ) as span:
            yield told
            if told.error_code:
                span.set_status(trace.StatusCode.ERROR, told.error_code)

    def asked(self, operation: str, method: str, status: int, seconds: float) -> None:
        """A span of a request that has just been answered."""
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - as above

        now = time.time_ns()
        span = self._tracer.start_span(
            operation,
            kind=SpanKind.SERVER,
            start_time=now - int(seconds * 1e9),
            attributes={"http.request.method": method, "http.response.status_code": status},
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(now)

    def _run(self, run_id: int) -> "SpanContext":
        """Where the trace of a run begins: every process makes the same of its number."""
        from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415 - as above

        digest = hashlib.sha256(f"{self._store} {run_id}".encode()).digest()
        trace_id, span_id = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    def close(self) -> None:
        """Send what is left; waits for that."""
        self._provider.shutdown()


def tracing_for(store: str, environment: Mapping[str, str]) -> Tracing | None:
    """As the variables of OpenTelemetry say; None where they name nobody to send to."""
    named = next((name for name in ENDPOINTS if environment.get(name)), None)
    if named is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - not installed everywhere
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            f"traces cannot be sent without OpenTelemetry ({error})",
            where=named,
            remedy="Install quaero with the extra otel, or unset the variable",
        ) from error
    named_by_person = environment.get("OTEL_SERVICE_NAME")
    provider = TracerProvider(resource=Resource.create({} if named_by_person else {"service.name": "quaero"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider, store)
