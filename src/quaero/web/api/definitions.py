"""`/api/job-definitions`: what people wrote."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.jobs.control import Control
from quaero.jobs.definitions.action_schemas import action_schemas
from quaero.jobs.definitions.reader import InvalidDefinition
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.store.reads import StoredDefinition
from quaero.store.transitions.definitions import Kept
from quaero.views.definition_shapes import (
    DefinitionShape,
    DefinitionTextShape,
    KeptShape,
    VersionShape,
    VersionTextShape,
    definition_details_json,
    definition_json,
    kept_json,
    version_details_json,
    version_json,
)
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.web.api.definition_bodies import DefinitionBody, read_body
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.etags import IfMatch, IfNoneMatch, etag, is_known, require_match
from quaero.web.problems import ComplaintShape, complaint_shape, problems
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/job-definitions", tags=["job-definitions"])

DefinitionId = Annotated[
    str,
    Path(max_length=100, pattern=r"^[a-z0-9-]+$", description="The id of a definition.", examples=["docs"]),
]


class DefinitionsShape(TypedDict):
    """Definitions: a page of them, and how many there are in all."""

    items: list[DefinitionShape]
    total: int
    next_cursor: str | None


class VersionsShape(TypedDict):
    """What was done to a definition; all of it."""

    items: list[VersionShape]
    total: int
    next_cursor: str | None


class CheckedShape(TypedDict):
    """What there is to say of a text. `definition` and `toml`: what it says, if it is valid.

    `warnings`: what it names that there is not yet.
    """

    valid: bool
    complaints: list[ComplaintShape]
    warnings: list[str]
    definition: dict[str, Any] | None
    toml: str | None


class DeletedDefinitionShape(TypedDict):
    """Which definition is gone."""

    id: str
    change: Literal["deleted"]


class ActionShape(TypedDict):
    """An action of a step. `schema`: JSON Schema of its config, as it is written in a file."""

    action: str
    description: str
    schema: dict[str, Any]


class ActionsShape(TypedDict):
    """The actions that are installed; all of them."""

    items: list[ActionShape]
    total: int
    next_cursor: str | None


@router.get("", response_model=DefinitionsShape)
async def list_definitions(
    web: WebState,
    origin: Annotated[
        Literal["user", "quick", "system"] | None,
        Query(description="Only those from files, quick crawls, or the program."),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The definitions, in the order of their ids."""
    found = await web.engine.control.definitions(origin)
    items, next_cursor = page_of(found, lambda each: each.definition.id, limit, cursor)
    return Reply(listing(map(definition_json, items), len(found), next_cursor))


@router.post("", response_model=KeptShape, status_code=201)
async def create_definition(body: DefinitionBody, web: WebState) -> Response:
    """Store a new definition. Nothing is run."""
    text, _ = await read_body(web.engine.control, body)
    kept = await web.engine.control.create_definition(text)
    location = f"{web.rendering.base_path}/api/job-definitions/{kept.definition_id}"
    return Reply(kept_json(kept), 201, {"Location": location, "ETag": etag(kept.version)})


@router.get("/actions", response_model=ActionsShape)
async def list_actions(web: WebState) -> Response:
    """What a step can do, and what it may be given."""
    found = action_schemas(web.engine.registry.config_models)
    return Reply(listing((each._asdict() for each in found), len(found), None))


@router.post("/validate", response_model=CheckedShape)
async def validate_definition(body: DefinitionBody, web: WebState) -> Response:
    """Look for everything that is wrong with a definition. Nothing is stored."""
    control = web.engine.control
    try:
        text, definition = await read_body(control, body)
    except InvalidDefinition as error:
        complaints = [complaint_shape(each) for each in error.complaints]
        return Reply(
            CheckedShape(valid=False, complaints=complaints, warnings=[], definition=None, toml=None)
        )
    return Reply(
        CheckedShape(
            valid=True,
            complaints=[],
            warnings=await _warnings(control, definition),
            definition=definition.to_json(),
            toml=text,
        )
    )


@router.get(
    "/{definition_id}",
    response_model=DefinitionTextShape,
    responses={304: {"description": "The definition still has the ETag of `If-None-Match`."}},
)
async def get_definition(definition_id: DefinitionId, web: WebState, known: IfNoneMatch = None) -> Response:
    """A definition with its text. Its `ETag` is the version."""
    stored = await web.engine.control.definition(definition_id)
    headers = {"ETag": etag(stored.version)}
    if is_known(known, stored.version):
        return Response(status_code=304, headers=headers)
    text = await web.engine.control.definition_text(stored)
    return Reply({**definition_details_json(stored), "toml": text}, headers=headers)


@router.put("/{definition_id}", response_model=KeptShape, responses=problems(412))
async def edit_definition(
    definition_id: DefinitionId, body: DefinitionBody, web: WebState, if_match: IfMatch = None
) -> Response:
    """Put another text in the place of a definition, which keeps its id. The earlier versions stay.

    With `If-Match` only if nobody has changed it since; `change` is null when it says the same as before.
    """
    control = web.engine.control
    stored = await control.definition(definition_id)
    await control.check_changeable(definition_id)
    require_match(if_match, stored.version, where=definition_id)
    text, _ = await read_body(control, body)
    async with _still_matching(control, definition_id, if_match):
        return _kept(await control.edit_definition(text, definition_id=definition_id, version=stored.version))


@router.delete("/{definition_id}", response_model=DeletedDefinitionShape, responses=problems(412))
async def delete_definition(definition_id: DefinitionId, web: WebState, if_match: IfMatch = None) -> Response:
    """Delete a definition that has no open run. Its versions, its runs and their documents stay."""
    control = web.engine.control
    stored = await control.definition(definition_id)
    await control.check_changeable(definition_id)
    require_match(if_match, stored.version, where=definition_id)
    async with _still_matching(control, definition_id, if_match):
        await control.delete_definition(definition_id, version=None if if_match is None else stored.version)
    return Reply(DeletedDefinitionShape(id=definition_id, change="deleted"))


@router.get(
    "/{definition_id}/export",
    response_class=Response,
    responses={200: {"description": "The text of the file.", "content": {"application/toml": {}}}},
)
async def export_definition(definition_id: DefinitionId, web: WebState) -> Response:
    """A definition as a file that can be imported again."""
    stored = await web.engine.control.definition(definition_id)
    return Response(
        await web.engine.control.definition_text(stored),
        media_type="application/toml",
        headers={
            "Content-Disposition": f'attachment; filename="{definition_id}.toml"',
            "ETag": etag(stored.version),
        },
    )


@router.post("/{definition_id}/enable", response_model=KeptShape)
async def enable_definition(definition_id: DefinitionId, web: WebState) -> Response:
    """Allow new runs of a definition; `change` is null when they are allowed already."""
    return _kept(await web.engine.control.switch_definition(definition_id, enabled=True))


@router.post("/{definition_id}/disable", response_model=KeptShape)
async def disable_definition(definition_id: DefinitionId, web: WebState) -> Response:
    """Refuse new runs of a definition, also planned ones; those that have begun go on."""
    return _kept(await web.engine.control.switch_definition(definition_id, enabled=False))


@router.get("/{definition_id}/versions", response_model=VersionsShape)
async def list_definition_versions(definition_id: DefinitionId, web: WebState) -> Response:
    """What was done to a definition, oldest first; also to one that was deleted."""
    found = await web.engine.control.definition_history(definition_id)
    return Reply(listing(map(version_json, found), len(found), None))


@router.get("/{definition_id}/versions/{number}", response_model=VersionTextShape)
async def get_definition_version(
    definition_id: DefinitionId, number: Annotated[int, Path(ge=1, le=2**31 - 1)], web: WebState
) -> Response:
    """What a definition was in one version."""
    control = web.engine.control
    [version] = await control.definition_history(definition_id, number)
    text = await control.definition_text(StoredDefinition(version.definition, version.source, "user", 0, 0))
    return Reply({**version_details_json(version), "toml": text})


@asynccontextmanager
async def _still_matching(control: Control, definition_id: str, if_match: str | None) -> AsyncIterator[None]:
    """A conflict of the block is a failed precondition where somebody else has changed the definition meanwhile."""
    try:
        yield
    except ConflictError:
        require_match(if_match, (await control.definition(definition_id)).version, where=definition_id)
        raise


def _kept(kept: Kept) -> Response:
    return Reply(kept_json(kept), headers={"ETag": etag(kept.version)})


async def _warnings(control: Control, definition: JobDefinition) -> list[str]:
    """What a definition names and cannot have yet."""
    found = [
        f'it names "{name}", which is no stored definition'
        for _, name in await control.unknown_names([definition])
        if name != definition.id
    ]
    if definition.auth is not None:
        known = await control.store.credentials()
        if all(each.name != definition.auth for each in known):
            found.append(f'auth names "{definition.auth}", and there are no such credentials')
    return found
