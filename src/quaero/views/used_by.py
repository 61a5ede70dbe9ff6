"""Which definitions need a thing that is about to be deleted."""

from typing import TYPE_CHECKING

from quaero.models.placeholders import Placeholder, wanted_by

if TYPE_CHECKING:
    from quaero.jobs.control import Control


async def users_of_credential(control: "Control", name: str) -> list[str]:
    """The ids of the definitions that name the credentials."""
    return [each.definition.id for each in await control.definitions() if each.definition.auth == name]


async def users_of_variable(control: "Control", name: str) -> list[str]:
    """The ids of the definitions that use the variable."""
    wanted = Placeholder(name)
    return [
        stored.definition.id
        for stored in await control.definitions()
        if any(wanted in wanted_by(step.config) for step in stored.definition.steps)
    ]
