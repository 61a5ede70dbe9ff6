"""The writer of a process: groups the transactions of many callers into one commit, and leaves the slow ones to others.

One thread takes whatever waits, as one transaction: the callers of one process mostly work on the same runs, and a
commit costs more than what they do in it. What would have to wait long for a lock, or fails for any reason, gets a
transaction of its own on another connection, where it is tried again as long as that makes sense.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg

from quaero.models.errors import StoreError
from quaero.settings import masked
from quaero.store.clock import Clock
from quaero.store.groups import Groups, Request, Result, deliver
from quaero.store.postgres.clock import DatabaseClock, NeverBack
from quaero.store.postgres.commit import UnknownOutcomeError, transaction
from quaero.store.postgres.ready import Fronts
from quaero.store.postgres.sessions import Session, Sessions
from quaero.store.postgres.transaction import DeferredError, Frame, PostgresTransaction
from quaero.store.transaction import BeforeStatement, Change, OutdatedError

T = TypeVar("T")


class Writer:
    """Runs functions of a transaction; each result is delivered after the commit is durable.

    `group` is the session of the groups, `sessions` those of the others. What was cut off before its commit is run
    again. `settings`: what each transaction sets for itself, where a session cannot keep it. `own_clock`: dates the
    transactions in place of the server's time.
    """

    def __init__(
        self,
        group: Session,
        sessions: Sessions,
        url: str,
        settings: str,
        server_clock: DatabaseClock,
        own_clock: Clock | None,
        announce: Callable[[Change], None],
        before_statement: BeforeStatement | None,
    ) -> None:
        self._session, self._sessions, self._url, self._settings = group, sessions, url, settings
        self._server_clock, self._clock = server_clock, NeverBack(own_clock or server_clock)
        self._announce, self._before = announce, before_statement
        self._fronts = Fronts()
        self._groups = Groups()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="quaero-writer", daemon=True)
        self._thread.start()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function(transaction, *arguments)` and return its result once it is committed."""
        if self._closed:
            raise StoreError("the store is closed", where=masked(self._url))
        return await self._groups.ask(function, *arguments)

    async def close(self) -> None:
        """Finish what was asked for."""
        if not self._closed:
            self._closed = True
            self._groups.end()
            await asyncio.to_thread(self._thread.join)
            await self._sessions.close()
            self._session.drop()

    def look_back_after(self, change: Change) -> None:
        """Claims begin at the front again, if there may be more there now."""
        if change & (Change.READY | Change.FOREIGN):
            self._fronts.forget()

    def _work(self) -> None:
        group: list[Request] = []
        try:
            last = False
            while not last:
                group, last = self._groups.next()
                if group:
                    self._commit(group)
        except BaseException as error:  # noqa: BLE001 - nothing can be written any more, but nobody waits for ever
            failure = StoreError(f"the writer stopped ({error!r})", where=masked(self._url))
            self._groups.refuse_all(group, failure)

    def _commit(self, group: list[Request]) -> None:
        """One transaction for all; if it fails, each gets one of its own."""
        try:
            results, deferred, change = self._attempt(self._session, group)
        except (psycopg.Error, OutdatedError):
            self._session.drop_if_lost()
            self._leave_to_others(group)
        except UnknownOutcomeError as error:
            self._groups.call_soon(deliver, [Result(request.done, None, error) for request in group])
        except Exception as error:  # noqa: BLE001 - belongs to one of the callers
            if len(group) == 1:
                self._groups.call_soon(deliver, [Result(group[0].done, None, error)])
            else:
                self._leave_to_others(group)
        else:
            self.look_back_after(change)
            self._groups.call_soon(deliver, results)
            if change:
                self._announce(change)
            self._leave_to_others(deferred)

    def _attempt(
        self, session: Session, group: Sequence[Request]
    ) -> tuple[list[Result], list[Request], Change]:
        """The results, those who have to wait for a lock, and what changed."""
        results: list[Result] = []
        deferred: list[Request] = []
        with transaction(
            session, self._server_clock, self._url, self._settings, lambda: self._sessions.patient
        ) as opened:
            frame, changed = Frame(opened.time, self._fronts), False
            self._clock.now_ms()  # it may be set back before somebody asks for the time
            for request in group:
                part = PostgresTransaction(
                    frame, opened.connection, self._clock, self._before, may_wait=request is group[0]
                )
                try:
                    value = request.function(part, *request.arguments)
                except DeferredError:
                    if part.changed:
                        raise
                    deferred.append(request)
                else:
                    results.append(Result(request.done, value, None))
                    changed = changed or part.changed
            frame.write_entries()
            if self._before is not None:
                self._before("COMMIT")
            opened.commit(changed=changed, at=self._clock.now_ms)
        if self._before is not None:
            self._before("DELIVER")
        return results, deferred, frame.change if opened.committed else Change.FOREIGN

    def _leave_to_others(self, requests: list[Request]) -> None:
        for request in requests:
            self._sessions.start(self._alone, request)

    def _alone(self, request: Request) -> None:
        try:
            results, _, change = self._sessions.insist(lambda session: self._attempt(session, [request]))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            results, change = [Result(request.done, None, error)], Change.NOTHING
        self.look_back_after(change)
        self._groups.call_soon(deliver, results)
        if change:
            self._announce(change)
