"""Help: words, keys, what can be typed where, and every error code."""

from itertools import groupby

from fastapi import APIRouter
from starlette.responses import Response

from quaero.search.operators import OPERATORS
from quaero.views.job_query import KEYS
from quaero.web.manual import errors, explained, glossary, parts
from quaero.web.state import WebState

router = APIRouter()


@router.get("/help")
async def show_help(web: WebState) -> Response:
    context = {
        "here": "/help",
        "words": glossary(),
        "operators": OPERATORS,
        "keys": tuple(KEYS.values()),
        "groups": [(group, tuple(codes)) for group, codes in groupby(errors(), lambda each: each.group)],
        "parts": parts,
    }
    return web.rendering.page("help.html", context)


@router.get("/help/errors/{code}")
async def show_error(web: WebState, code: str) -> Response:
    found = explained(code)
    context = {"here": "/help", "code": code, "found": found, "parts": parts}
    return web.rendering.page("error_code.html", context, status=404 if found is None else 200)
