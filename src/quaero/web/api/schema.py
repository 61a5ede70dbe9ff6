"""What the API says of itself: the OpenAPI document, with the errors that every operation can answer with."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from quaero.web.guard import OPEN_PATHS
from quaero.web.problems import MEDIA_TYPE, ProblemShape

ERRORS: Final[Mapping[int, str]] = {
    400: "What is asked for makes no sense.",
    401: "The token is missing or wrong.",
    403: "A wrong host, or a page of another site asked.",
    404: "There is no such thing.",
    409: "The thing exists, but its state does not allow this.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A parameter or the body is not as described.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "The store cannot be used now.",
}
_ALWAYS: Final = (400, 401, 403, 429, 503)
_SUFFIX = re.compile(r'("(?:#/components/schemas/)?)([A-Za-z]+)Shape"')
_METHODS: Final = ("get", "put", "post", "delete", "patch")
_DESCRIPTION: Final = """\
Everything that the pages and the command line can do.

Programs show the token of the server: `Authorization: Bearer …`. Ids are strings. Times are ISO 8601 in UTC. A list is
`items`, `total` and `next_cursor`: give that back as `cursor` to go on. An error is `application/problem+json`; its
`code` is stable, its `detail` is for people.
"""


class DescribedApp(FastAPI):
    """FastAPI, but for the OpenAPI document: see above."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _described(super().openapi())
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """The name of an operation for programs: that of its function."""
    return route.name


def _described(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = TypeAdapter(ProblemShape).json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemShape"] = problem
    document["info"]["description"] = _DESCRIPTION
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path, method, operation in operations(document):
        responses = operation.setdefault("responses", {})
        if MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
            responses.pop("422", None)
        for status in _errors(method, operation):
            responses.setdefault(str(status), _problem(ERRORS[status]))
        if path in OPEN_PATHS:
            operation["security"] = []
    return _without_suffix(document)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of everything in an OpenAPI document."""
    for path, item in document["paths"].items():
        yield from ((path, method, item[method]) for method in _METHODS if method in item)


def inputs_of(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is given along with an operation: name, place and meaning of each."""
    for each in operation.get("parameters", ()):
        must = "" if each.get("required") else ", optional"
        yield each["name"], f"{each['in']}{must}", each.get("description", "")
    for shape in _bodies(document, operation):
        for name, value in shape["properties"].items():
            must = "" if name in shape.get("required", ()) else ", optional"
            said = (
                f"`{value['const']}`: {shape['description']}"
                if "const" in value
                else value.get("description", "")
            )
            yield name, f"body{must}", said


def _bodies(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a body may be: each of the alternatives, where there are some."""
    content = operation.get("requestBody", {}).get("content", {})
    alternatives = [content.get("application/json", {}).get("schema", {})]
    while alternatives:
        shape = alternatives.pop(0)
        if "$ref" in shape:
            shape = document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        alternatives += shape.get("oneOf", shape.get("anyOf", []))
        if "properties" in shape:
            yield shape


def _errors(method: str, operation: Mapping[str, Any]) -> Iterable[int]:
    parameters = operation.get("parameters", ())
    found = {*_ALWAYS}
    if parameters or "requestBody" in operation:
        found |= {404, 422}  # also where a parameter names a thing
    if method != "get":
        found |= {409, 413, 415}
    return sorted(found)


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemShape"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _without_suffix(document: dict[str, Any]) -> dict[str, Any]:
    """`Job` says as much to a client as `JobShape`."""
    names: dict[str, Any] = json.loads(_SUFFIX.sub(r'\1\2"', json.dumps(document)))
    return names
