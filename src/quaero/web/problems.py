"""Errors as the API answers them: problem+json (RFC 9457) with the stable code of the error, or a page for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final, NotRequired

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope
from typing_extensions import TypedDict

from quaero.models.definition import Complaint
from quaero.models.errors import QuaeroError
from quaero.web.rendering import Rendering

MEDIA_TYPE: Final = "application/problem+json"
STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "usage": 400,
    "invalid_definition": 422,
    "invalid_options": 422,
    "invalid_duration": 422,
    "invalid_filter": 422,
    "invalid_schedule": 422,
    "key_reused": 422,
    "not_found": 404,
    "precondition_failed": 412,
    "events_pruned": 410,
    "conflict": 409,
    "store_unusable": 503,
    "too_many_streams": 503,
    "time_is_up": 504,
}
"""Of the errors of a command; all others are 500."""


class ComplaintShape(TypedDict):
    """What is wrong with one place of a text; `line` counts from 1."""

    line: int | None
    key: str
    message: str
    instead: str | None
    example: str | None


class ProblemShape(TypedDict):
    """An error: `code` is stable, `detail` is for people, `type` leads to a page about the code."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    where: NotRequired[str]
    remedy: NotRequired[str]
    complaints: NotRequired[list[ComplaintShape]]


@dataclass(frozen=True, slots=True)
class Problem:
    """An error on its way out."""

    status: int
    code: str
    what: str
    where: str = ""
    remedy: str = ""
    complaints: tuple[Complaint, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def shape(self, base_path: str = "") -> ProblemShape:
        shape: ProblemShape = {
            "type": f"{base_path}/help/errors/{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.what,
        }
        if self.where:
            shape["where"] = self.where
        if self.remedy:
            shape["remedy"] = self.remedy
        if self.complaints:
            shape["complaints"] = [complaint_shape(complaint) for complaint in self.complaints]
        return shape


_HTTP_ERRORS: Final = (
    Problem(400, "invalid_request", "the body is no JSON that can be read"),
    Problem(404, "not_found", "there is nothing here"),
    Problem(405, "method_not_allowed", "this is not done with that method"),
)
"""Of the framework."""


def complaint_shape(complaint: Complaint) -> ComplaintShape:
    return {
        "line": complaint.line,
        "key": complaint.key,
        "message": complaint.message,
        "instead": complaint.nearest,
        "example": complaint.example,
    }


def problem_of(error: QuaeroError) -> Problem:
    complaints = getattr(error, "complaints", ())
    return Problem(
        STATUS_OF_CODE.get(error.code, 500), error.code, error.what, error.where, error.remedy, complaints
    )


def problem_response(scope: Scope, problem: Problem) -> Response:
    """The answer; a browser that wants a page gets one. Notes its code in the scope, for whoever watches."""
    rendering: Rendering | None = scope.get("quaero.rendering")
    scope["quaero.code"] = problem.code
    base_path = scope.get("root_path", "") if rendering is None else rendering.base_path
    shape = problem.shape(base_path)
    if rendering is not None and _wants_page(scope, base_path):
        page = rendering.page("problem.html", {"here": "", "problem": shape}, status=problem.status)
        page.headers.update(problem.headers)
        return page
    return Response(msgspec.json.encode(shape), problem.status, dict(problem.headers), MEDIA_TYPE)


def _wants_page(scope: Scope, base_path: str) -> bool:
    path: str = scope["path"].removeprefix(base_path)
    accept = Headers(scope=scope).get("accept", "")
    return scope["method"] in ("GET", "HEAD") and not path.startswith("/api/") and "text/html" in accept


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route declares of problems that not every route answers with: `responses=problems(410)`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def handle_problems(app: FastAPI) -> None:
    """Let every error leave as a problem."""

    async def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, QuaeroError)  # noqa: S101 - it is registered for these
        return problem_response(request.scope, problem_of(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        return problem_response(request.scope, _validation_problem(error))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        cause = error.__cause__
        if isinstance(cause, BodyRefusedError):
            return problem_response(request.scope, cause.problem)
        known = {problem.status: problem for problem in _HTTP_ERRORS}
        problem = known.get(error.status_code, Problem(error.status_code, "error", str(error.detail).lower()))
        return problem_response(request.scope, replace(problem, headers=error.headers or {}))

    async def unexpected(request: Request, _: Exception) -> Response:
        return problem_response(
            request.scope,
            Problem(500, "error", "something went wrong in the server", remedy="Its log has the trace"),
        )

    async def body_refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, BodyRefusedError)  # noqa: S101 - as above
        return problem_response(request.scope, error.problem)

    app.add_exception_handler(QuaeroError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(BodyRefusedError, body_refused)
    app.add_exception_handler(Exception, unexpected)


def _validation_problem(error: RequestValidationError) -> Problem:
    complaints = []
    for each in error.errors():
        place, *path = [str(part) for part in each["loc"]]
        complaints.append(Complaint(place, None, ".".join(path), str(each["msg"])))
    first = complaints[0]
    what = f"{first.key}: {first.message}" if first.key else first.message
    return Problem(422, "invalid_request", what, where=first.file, complaints=tuple(complaints))


class BodyRefusedError(Exception):
    """A body that is not read to its end."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem
