"""A ready-made manager: one child for each line of a text file."""

import asyncio
from collections.abc import AsyncIterator, Generator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.stored_children import stored_children
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import JobFailure
from quaero.models.job import ChildJob, StepLimits

AT_ONCE: Final = 1_000
LONGEST_LINE: Final = 100_000
"""Characters. A file with longer lines is no list."""

LINE, TEXT = "line", "text"


class EachLineConfig(BaseModel):
    """The config of a step over lines; a manager of yours adds its own keys to it. `file`: its path; it is UTF-8."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    file: Annotated[str, Field(min_length=1, examples=["names.txt"])]
    concurrency: Annotated[int, Field(ge=1, le=64, examples=[4])] = 4


class EachLineManager:
    """Base of managers with one child for each line: a subclass names `manager_type`, `child_type`, `config_model`.

    The child's config is `{"line": number, "text": …}`, counted from 1, the text without white space around it. Empty
    lines have no child. Planning that was interrupted goes on behind the last line that it took, so lines are to be
    added at the end.
    """

    manager_type: str
    child_type: str
    config_model: type[BaseModel] = EachLineConfig

    def limits(self, config: Any) -> StepLimits:
        return StepLimits(concurrency=config.concurrency)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        last = 0
        async for child in stored_children(context, parent_job_id):
            yield child
            last = child.config[LINE]
        lines = _lines(Path(config.file))
        try:
            while some := await asyncio.to_thread(lambda: list(islice(lines, AT_ONCE))):
                for number, text in some:
                    if number > last:
                        yield ChildJob(self.child_type, text[:100], {LINE: number, TEXT: text})
        finally:
            lines.close()


def _lines(path: Path) -> Generator[tuple[int, str], None, None]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    what = f"line {number} has more than {LONGEST_LINE} characters"
                    raise JobFailure(what, code="unreadable_file", where=str(path))
                if text := line.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise JobFailure("the file is not UTF-8", code="unreadable_file", where=str(path)) from error
    except OSError as error:
        raise JobFailure(
            f"the file cannot be read ({error.strerror})", code="no_file", where=str(path)
        ) from error
