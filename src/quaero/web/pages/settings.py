"""Settings with where each comes from, the variables of placeholders, and what people did."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quaero.settings import Origin
from quaero.store.reads import Variable
from quaero.views.used_by import users_of_variable
from quaero.web.state import WebState

router = APIRouter()

ACTS: Final = 30


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting; `table`, `line`: how `quaero.toml` sets it, "" where it cannot."""

    origin: Origin
    table: str
    line: str

    @classmethod
    def of(cls, origin: Origin) -> "Setting":
        table, _, _ = origin.key.rpartition(".")
        if origin.variable and origin.example.startswith(origin.variable):
            return cls(origin, "", "")
        return cls(origin, f"[{table}]" if table else "", origin.example)


@dataclass(frozen=True, slots=True)
class UsedVariable:
    """A variable and the definitions whose steps use it."""

    variable: Variable
    users: list[str]


@router.get("/settings")
async def settings(
    web: WebState, before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None
) -> Response:
    """`before`: what people did before that act of the record."""
    variables = [
        UsedVariable(each, await users_of_variable(web.engine.control, each.name))
        for each in await web.engine.store.variables()
    ]
    context = {
        "here": "/settings",
        "settings": [Setting.of(origin) for origin in web.settings.origins],
        "variables": variables,
        "acts": await web.engine.store.acts(limit=ACTS, cursor=before),
        "before": before,
    }
    return web.rendering.page("settings.html", context)
