"""Definitions as they are sent: as the text of a file, or as its keys and values."""

from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, Field, JsonValue, model_validator

from quaero.jobs.control import Control
from quaero.jobs.definitions.reader import InvalidDefinition
from quaero.models.definition import JobDefinition
from quaero.models.toml_writer import toml_pairs

LONGEST_TEXT: Final = 300_000
"""Characters; a file has a limit of its own in bytes, which says what is wrong."""


class DefinitionBody(BaseModel, extra="forbid"):
    """A definition: either its text, or its keys and values. What is null is left out."""

    toml: str | None = Field(None, max_length=LONGEST_TEXT, description="The text of a definition file.")
    definition: dict[str, JsonValue] | None = Field(
        None, description="The same keys and values as in a file; they are written down as one."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> "DefinitionBody":
        if (self.toml is None) == (self.definition is None):
            raise ValueError("either toml or definition is wanted")
        return self


async def read_body(control: Control, body: DefinitionBody) -> tuple[str, JobDefinition]:
    """The text of a definition and what it says; `InvalidDefinition` with all complaints."""
    if body.toml is not None:
        return body.toml, await control.read(body.toml, file="")
    try:
        definition = await control.read(toml_pairs(_without_null(body.definition)), file="")
    except InvalidDefinition as error:  # nobody has seen the lines that it complains about
        raise InvalidDefinition(tuple(replace(each, line=None) for each in error.complaints)) from error
    return definition.to_toml(), definition


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_null(item) for item in value if item is not None]
    return value
