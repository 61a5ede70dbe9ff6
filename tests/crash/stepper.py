"""Lets a session do one statement at a time."""

import asyncio
import threading

SECONDS = 30
"""How long anything is waited for before it counts as hanging."""


class Stepper:
    """Called before each statement of a session: lets so many pass, then none until it is told.

    `names`: the statements that it came to. `stands`: set while the session stands before one.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._left: float = float("inf")
        self.names: list[str] = []
        self.stands = asyncio.Event()

    def forget(self) -> None:
        """Begin anew, with nothing in the way."""
        self.names, self._left = [], float("inf")
        self.stands.clear()

    def stop_before(self, k: int) -> None:
        """Let statements pass until the k-th from now on."""
        self._left = k - 1
        self.stands.clear()

    def step(self) -> None:
        """Let one more pass."""
        with self._changed:
            self._left += 1
            self.stands.clear()
            self._changed.notify_all()

    def release(self) -> None:
        """Let all pass from now on."""
        with self._changed:
            self._left = float("inf")
            self.stands.clear()
            self._changed.notify_all()

    def __call__(self, statement: str) -> None:
        with self._changed:
            self.names.append(statement)
            if self._left < 1:
                self._loop.call_soon_threadsafe(self._stand)
                self._changed.wait_for(lambda: self._left >= 1, SECONDS)
            self._left -= 1

    def _stand(self) -> None:
        if self._left < 1:
            self.stands.set()
