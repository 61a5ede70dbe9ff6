"""The log of a server or worker on standard error: lines for people, or JSON for programs."""

import asyncio
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from quaero.settings import LogSettings

Line = MutableMapping[str, Any]
_JOB = "job "
"""What the name of a task begins with that executes a job; its id follows."""


def write_logs(settings: LogSettings) -> None:
    """From now on. Whatever is logged while a job is executed carries its id."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_facts,
            _add_job,
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
            if settings.format == "json"
            else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # what strangers send is no news


def _add_facts(_: Any, __: str, line: Line) -> Line:
    """`extra={"facts": {…}}` of a log call, as keys of the line."""
    record = line.get("_record")
    line.update(getattr(record, "facts", {}))
    return line


def _add_job(_: Any, __: str, line: Line) -> Line:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return line
    if task is not None and task.get_name().startswith(_JOB):
        line["job_id"] = task.get_name().removeprefix(_JOB)
    return line
