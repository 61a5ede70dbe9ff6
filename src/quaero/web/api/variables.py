"""`/api/variables`: values for `{name}` in definitions."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.models.placeholders import LONGEST_NAME, LONGEST_VALUE
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.system_shapes import VariableShape, variable_json
from quaero.views.used_by import users_of_variable
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/variables", tags=["variables"])

Name = Annotated[
    str, Path(min_length=1, max_length=LONGEST_NAME, description="The name; case does not matter.")
]


class VariablesShape(TypedDict):
    """Variables by name."""

    items: list[VariableShape]
    total: int
    next_cursor: str | None


class UsedVariableShape(VariableShape):
    """The same with the definitions that use it."""

    used_by: list[str]


class DeletedShape(TypedDict):
    """What is gone, and the definitions that still name it."""

    name: str
    deleted: bool
    used_by: list[str]


class NewValue(BaseModel, extra="forbid"):
    """Values are shown to everyone who can use the database; secrets belong in the environment: `{env:NAME}`."""

    value: str = Field(max_length=LONGEST_VALUE)


@router.get("", response_model=VariablesShape)
async def list_variables(web: WebState, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response:
    """The variables with their values."""
    found = await web.engine.store.variables()
    items, next_cursor = page_of(found, lambda each: each.name, limit, cursor)
    return Reply(listing(map(variable_json, items), len(found), next_cursor))


@router.get("/{name}", response_model=UsedVariableShape)
async def get_variable(name: Name, web: WebState) -> Response:
    """One variable, and which definitions use it."""
    variable = await web.engine.store.variable(name)
    users = await users_of_variable(web.engine.control, variable.name)
    return Reply({**variable_json(variable), "used_by": users})


@router.put("/{name}", response_model=VariableShape)
async def set_variable(name: Name, new: NewValue, web: WebState) -> Response:
    """Set a variable, whether it is there or not. `{name}` in the config of a step stands for its value."""
    await web.engine.store.set_variable(name, new.value)
    return Reply(variable_json(await web.engine.store.variable(name)))


@router.delete("/{name}", response_model=DeletedShape)
async def delete_variable(name: Name, web: WebState) -> Response:
    """Delete a variable. Steps that use it fail from then on."""
    await web.engine.store.delete_variable(name)
    users = await users_of_variable(web.engine.control, name.lower())
    return Reply(DeletedShape(name=name.lower(), deleted=True, used_by=users))
