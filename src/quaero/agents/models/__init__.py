"""Language models of any provider answer for an agent: one document in each question, nothing but text in and out."""

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from quaero.agents import Reading

if TYPE_CHECKING:
    from pydantic import BaseModel


@runtime_checkable
class Fitting(Protocol):
    """An agent may say more about an answer than its form can."""

    def fitted(self, answer: Any, reading: Reading, options: Any) -> "BaseModel":
        """A language model's answer, as far as it fits the document and the options.

        `ValueError` where it does not fit at all; its text holds no word of the answer.
        """
        ...


class Keys(Protocol):
    """Where keys come from."""

    async def secret(self, name: str) -> str | None:
        """The value of a variable of the environment; None: it is not set."""
        ...

    async def stored_secret(self, name: str, origin: str) -> str:
        """The key in the stored credentials of that name, if they may go to the origin; else `JobFailure`."""
        ...


class Door(Keys, Protocol):
    """What whoever runs an agent lends to it. Turns, amounts and answers are shared with all processes of a store."""

    @property
    def run(self) -> str:
        """The name under which what this run spends is kept."""
        ...

    async def take_turn(self, name: str, interval_ms: int) -> None:
        """Come back when it is this caller's turn; turns of all processes are so far apart."""
        ...

    async def hold_off(self, name: str, pause_ms: int) -> None:
        """Give nobody a turn for so long."""
        ...

    async def spend(self, name: str, amount: float, most: float | None = None) -> bool:
        """Spend an amount, unless that would be more than `most`; whether it was. A negative amount gives back."""
        ...

    async def spent(self, name: str) -> float: ...

    async def answer(self, question: str) -> str | None:
        """What was answered before; `question`: a hash of all that the answer depends on."""
        ...

    async def keep_answer(self, question: str, value: str) -> None: ...

    def log(self, message: str) -> None: ...
