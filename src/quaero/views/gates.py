"""What can be paused or limited."""

from quaero.jobs.engine import Engine
from quaero.models.errors import NotFoundError
from quaero.store.transitions.gates import GateScope
from quaero.views.nearest import nearest


async def check_gate_exists(engine: Engine, scope: GateScope, key: str) -> None:
    """`NotFoundError` for a definition or a type that nobody has; any host may come."""
    if scope == "definition":
        await engine.control.definition(key)
    elif scope == "type":
        known = {*engine.registry.managers, *engine.registry.workers}
        for process in await engine.store.processes():
            known.update(process.types)
        if key not in known:
            raise NotFoundError(f'nobody has the type "{key}"', remedy=nearest(key, known))
