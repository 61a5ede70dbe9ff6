"""What the steps of a run have spent on language models, for people and programs."""

from dataclasses import dataclass

from quaero.agents.models.budget import MILLIONTHS, Spent, used_names
from quaero.models.job import Job, JobKind
from quaero.store.store import Store

AGENT = "agent"


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """Tokens in and out together, and dollars as far as prices are known."""

    tokens: int
    cost: float

    def __str__(self) -> str:
        return str(Spent(self.tokens, self.cost))


def budget_name(run_id: int, step_id: int | None) -> str:
    """Under what the spending of a step in a run is kept."""
    return f"{run_id}/{step_id}"


async def usage_of_step(store: Store, step: Job) -> ModelUsage | None:
    """What the jobs of a parent job have surely used; None: nothing."""
    if step.kind is not JobKind.PARENT or step.type != AGENT:
        return None
    tokens, millionths = [await store.spent(name) for name in used_names(budget_name(step.root_id, step.id))]
    return ModelUsage(int(tokens), millionths / MILLIONTHS) if tokens else None
