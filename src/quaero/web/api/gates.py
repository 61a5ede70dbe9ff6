"""`/api/gates`: what holds jobs back over all processes."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.store.transitions.gates import LARGEST_LIMIT
from quaero.views.gates import check_gate_exists
from quaero.views.shapes import listing
from quaero.views.system_shapes import GateShape, gate_json
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/gates", tags=["gates"])


class GatesShape(TypedDict):
    """What is paused or limited; all of it."""

    items: list[GateShape]
    total: int
    next_cursor: str | None


class GateChange(BaseModel, extra="forbid"):
    """`key`: the definition, the job type or the host; none where `scope` is "all". What is left out stays as it is."""

    scope: Literal["all", "definition", "type", "host"]
    key: str | None = Field(None, min_length=1, max_length=300)
    paused: bool | None = Field(None, description="Hold jobs back, or let them go on.")
    concurrency: Annotated[int, Field(ge=0, le=LARGEST_LIMIT)] | None = Field(
        None, description="How many child jobs may run at once; 0: no limit."
    )

    @model_validator(mode="after")
    def _says_something(self) -> "GateChange":
        if (self.key is None) != (self.scope == "all"):
            raise ValueError("a definition, type or host is named by key; all has none")
        if self.paused is None and self.concurrency is None:
            raise ValueError("paused or concurrency is wanted")
        return self


@router.get("", response_model=GatesShape)
async def list_gates(web: WebState) -> Response:
    """What is paused or limited over all processes."""
    found = await web.engine.store.gates()
    return Reply(listing(map(gate_json, found), len(found), None))


@router.post("", response_model=GateShape)
async def change_gate(change: GateChange, web: WebState) -> Response:
    """Pause, resume or limit everything, or the jobs of a definition, a type or a host; what holds them back now."""
    scope, key = change.scope, change.key or ""
    if scope == "host":
        key = key.lower()
    if change.paused or change.concurrency:
        await check_gate_exists(web.engine, scope, key)
    await web.engine.control.change_gate(scope, key, paused=change.paused, concurrency=change.concurrency)
    found = [gate for gate in await web.engine.store.gates() if (gate.scope, gate.key) == (scope, key)]
    free = GateShape(scope=scope, key=key or None, paused=False, concurrency=None)
    return Reply(gate_json(found[0]) if found else free)
