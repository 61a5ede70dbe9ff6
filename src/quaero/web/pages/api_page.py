"""`/api/docs`: the description of the API as a page, which needs no network and no script."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from quaero.web.api.schema import inputs_of, operations
from quaero.web.state import WebState

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked. `inputs`: name, place and meaning of each thing that is given along."""

    name: str
    method: str
    path: str
    meaning: str
    inputs: tuple[tuple[str, str, str], ...]
    answers: tuple[tuple[str, str], ...]


@router.get("/api/docs")
async def api_page(request: Request, web: WebState) -> Response:
    document = request.app.openapi()
    groups: dict[str, list[Operation]] = {}
    for path, method, operation in operations(document):
        groups.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation))
    context = {
        "here": "/api/docs",
        "groups": sorted(groups.items()),
        "about": document["info"]["description"],
    }
    return web.rendering.page("api.html", context)


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    answers = tuple((status, each["description"]) for status, each in operation["responses"].items())
    meaning = " ".join(operation["description"].split())
    return Operation(
        operation["operationId"],
        method.upper(),
        path,
        meaning,
        tuple(inputs_of(document, operation)),
        answers,
    )
