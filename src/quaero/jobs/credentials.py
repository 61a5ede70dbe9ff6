"""Stored credentials: sealed on their way into the store, opened on their way out, with the key of this machine."""

import asyncio
from collections.abc import Callable
from time import monotonic

from quaero.models.credential import Credential
from quaero.models.errors import JobFailure, NotFoundError
from quaero.secrets.key import SecretKeyError
from quaero.secrets.key_sources import FoundKey, KeySources
from quaero.secrets.sealed_credential import (
    SealedCredential,
    SealedError,
    no_key,
    open_credential,
    seal_credential,
)
from quaero.store.store import Store
from quaero.store.transitions.credentials import StoredCredential

GOOD_FOR_SECONDS = 10.0
"""So long jobs go on with what they opened, when it is replaced or deleted meanwhile."""


class Credentials:
    """Over one store. `sources` gives the places of the key, `seconds` a clock."""

    def __init__(
        self,
        store: Store,
        sources: Callable[[], KeySources] = KeySources.of_user,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._store, self._sources, self._seconds = store, sources, seconds
        self._opened: dict[str, tuple[Credential, float]] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    async def keep(self, name: str, credential: Credential, *, replace: bool = False) -> FoundKey:
        """Seal and store credentials; the key that they are sealed with, which is made if there is none.

        `ConflictError` when the name is taken, unless `replace`; `SecretKeyError` when the key cannot be used.
        """
        found = await asyncio.to_thread(self._sources().first_or_new)
        await self._store.put_credential(seal_credential(found.key, name, credential), replace=replace)
        self.forget()
        return found

    def forget(self) -> None:
        """Read them anew when they are wanted next."""
        self._opened.clear()

    async def open(self, name: str) -> Credential:
        """`NotFoundError`, `SealedError` for another key, `SecretKeyError`."""
        return await self._open(await self._store.credential(name))

    async def problem(self, stored: StoredCredential) -> str:
        """Why they cannot be opened here; "": they can."""
        try:
            await self._open(stored)
        except (SealedError, SecretKeyError) as error:
            return error.line()
        return ""

    async def for_job(self, name: str) -> Credential:
        """The same for jobs, which ask often; `JobFailure`.

        Where they cannot be opened another try may find a machine that has the key.
        """
        async with self._opening.setdefault(name, asyncio.Lock()):
            credential, until = self._opened.get(name, (None, 0.0))
            if credential is None or self._seconds() >= until:
                credential = await self._open_for_job(name)
                self._opened[name] = credential, self._seconds() + GOOD_FOR_SECONDS
            return credential

    async def _open_for_job(self, name: str) -> Credential:
        try:
            return await self.open(name)
        except NotFoundError as error:
            raise JobFailure(error.what, code="no_credentials", remedy=error.remedy) from None
        except (SealedError, SecretKeyError) as error:
            raise JobFailure(
                error.what, code=error.code, where=error.where, remedy=error.remedy, retryable=True
            ) from None

    async def _open(self, stored: StoredCredential) -> Credential:
        return await asyncio.to_thread(_open, stored.sealed, self._sources())


def _open(sealed: SealedCredential, sources: KeySources) -> Credential:
    others = []
    for found in sources.all():
        if found.key.id == sealed.key_id:
            return open_credential(found.key, sealed)
        others.append(found.key.id)
    raise no_key(sealed, f"the key here is {' and '.join(others)}" if others else "there is no key here")
