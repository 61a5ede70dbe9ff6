"""The transform step: one child for each stored document or file, or one for all of them where they make one file."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from quaero.crawler.urls import normalise
from quaero.jobs.config_types import config_problem
from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.each_document import EachDocumentConfig, EachDocumentManager
from quaero.jobs.manager.each_file import each_file
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import Document
from quaero.models.job import ChildJob
from quaero.transform import ENDINGS, InputFormat, OutputFormat

CHILD_TYPE = "transform_document"
MADE: Final = "transform"
"""The source type of documents that a transformation made; none of them is transformed unless a filter names it."""


def _base_url(value: str) -> str:
    if value and normalise(value) is None:
        raise config_problem(
            f"{value!r} is no http or https URL", example='base_url = "https://docs.example.org/"'
        )
    return value


class TransformConfig(EachDocumentConfig):
    """The config of a transform step. Empty texts are what is not there.

    `input_format`: which originals are read, or `markdown`: the Markdown as it is stored. `input_dir`: files instead of
    stored documents, of which `input_pattern` takes some. `output_dir`: where files are written.
    """

    input_format: InputFormat = "html"
    output_format: OutputFormat = "markdown"
    base_url: Annotated[str, AfterValidator(_base_url)] = ""
    validate_html: bool = False
    extract: Literal["main", "full"] = "main"
    input_dir: str = ""
    input_pattern: Annotated[str, Field(min_length=1, examples=["**/*.html"])] = "**/*"
    output_dir: Annotated[str, Field(validate_default=True)] = ""

    @field_validator("output_dir")
    @classmethod
    def _makes_sense(cls, value: str, info: ValidationInfo) -> str:
        """Asked last: what the other keys say is known then, as far as it is right."""
        said = info.data
        source, target = said.get("input_format"), said.get("output_format")
        wanted = said.get("document_filter")
        if wanted is not None and wanted.missing:
            raise config_problem(
                "a transform step writes only what is not there as it should be: leave out `missing`"
            )
        if said.get("validate_html") and source != "html":
            raise config_problem('`validate_html` is for input_format = "html"')
        folder = said.get("input_dir")
        if value and folder and Path(value).resolve().is_relative_to(Path(folder).resolve()):
            raise config_problem("what is written there would be its own input: name another folder")
        if value:
            return value
        if said.get("input_dir") and target != "markdown":
            raise config_problem("files become files here: say where to", example='output_dir = "converted"')
        if not said.get("input_dir") and source == target == "markdown":
            raise config_problem(
                "Markdown is what is stored: say where to write it", example='output_dir = "export"'
            )
        return value

    @property
    def makes_one_file(self) -> bool:
        return self.output_format == "jsonl" and bool(self.output_dir)


class TransformManager(EachDocumentManager):
    """Children: {"document_id": …}, {"file": path within input_dir}, or {"all": true}."""

    manager_type = "transform"
    child_type = CHILD_TYPE
    config_model = TransformConfig

    def takes(self, document: Document, config: Any) -> bool:
        return document.source_type != MADE or config.document_filter.source_type == MADE

    def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        if config.makes_one_file:
            return _one_for_all()
        if config.input_dir:
            endings = ENDINGS[config.input_format]
            return each_file(
                context, parent_job_id, CHILD_TYPE, config.input_dir, config.input_pattern, endings
            )
        return super().create_parent_job(step, definition, parent_job_id, config, context)


async def _one_for_all() -> AsyncIterator[ChildJob]:
    yield ChildJob(CHILD_TYPE, "all into one file", {"all": True})
