"""The one family of errors that people get to see.

Every error carries a stable `code` (for programs) and one line for a person: what happened, where, what to do.
"""


class QuaeroError(Exception):
    """Base of all expected errors. `code` is stable; `exit_code` is what the CLI ends with.

    `what` names the fact, `where` the file, key, URL or job it concerns, `remedy` the next step to take.
    """

    code = "error"
    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(self.line())

    def line(self) -> str:
        """The error as one line: `where: what. remedy`."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{head}. {self.remedy}" if self.remedy else head
        return " ".join(text.split())


class UsageError(QuaeroError):
    """The caller asked for something that makes no sense."""

    code = "usage"
    exit_code = 2


class DefinitionError(QuaeroError):
    """A job definition cannot be used; raised with every complaint at once (see `models.definition.Complaint`)."""

    code = "invalid_definition"
    exit_code = 2


class NotFoundError(QuaeroError):
    """No such job, definition or document."""

    code = "not_found"
    exit_code = 3


class EventsPrunedError(QuaeroError):
    """Events were asked for that are no longer kept; `first` is the number of the first that is."""

    code = "events_pruned"
    exit_code = 3

    def __init__(self, run_id: int, *, first: int) -> None:
        self.first = first
        super().__init__(
            f"the events before number {first} are no longer kept",
            where=f"run {run_id}",
            remedy=f"Ask for those after {first - 1}",
        )


class ConflictError(QuaeroError):
    """The thing exists, but its state does not allow this."""

    code = "conflict"
    exit_code = 2


class KeyReusedError(QuaeroError):
    """A key that makes a request safe to repeat came with another request. Nothing was changed."""

    code = "key_reused"
    exit_code = 2


class TimeIsUpError(QuaeroError):
    """What was waited for has not come in time. Nothing was changed."""

    code = "time_is_up"
    exit_code = 124


class StoreError(QuaeroError):
    """The store cannot be opened or used: damaged, foreign, newer, locked, or out of room."""

    code = "store_unusable"
    exit_code = 4


class LeaseLostError(QuaeroError):
    """A worker wrote under a lease that is no longer its own. Nothing was changed."""

    code = "lease_lost"


class JobFailure(QuaeroError):
    """An execution did not succeed. Raised by workers, managers and the domain packages below them.

    `retryable` tells whether trying later can help; `retry_after` is the number of seconds that must pass first.
    """

    code = "job_failed"

    def __init__(
        self,
        what: str,
        *,
        code: str = "",
        where: str = "",
        remedy: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.code = code or type(self).code
        self.retryable, self.retry_after = retryable, retry_after


class FetchError(JobFailure):
    """A page could not be fetched or read."""

    code = "fetch_failed"
