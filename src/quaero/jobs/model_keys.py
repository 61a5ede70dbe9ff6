"""Where the keys of language models come from: the environment, and the stored credentials."""

import os
from typing import TYPE_CHECKING

from quaero.models.errors import JobFailure

if TYPE_CHECKING:
    from quaero.jobs.control import Control

BEARER = "Bearer "


class ModelKeys:
    """The `Keys` of this process and its store."""

    def __init__(self, control: "Control") -> None:
        self._control = control

    async def secret(self, name: str) -> str | None:
        return os.environ.get(name)

    async def stored_secret(self, name: str, origin: str) -> str:
        """The one header of the credentials, without the word Bearer."""
        credential = await self._control.credentials.for_job(name)
        fits = credential.kind in ("bearer", "header") and len(credential.headers) == 1
        if not fits or origin not in credential.origins:
            host = origin.removeprefix("https://")
            raise JobFailure(
                f"the stored credentials {name!r} are no key for {origin}",
                code="no_model_key",
                remedy=f"Store it: quaero auth add {name} --bearer --host {host}",
            )
        return credential.headers[0].value.removeprefix(BEARER)
