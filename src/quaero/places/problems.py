"""What it means that a service did not answer as it should: one failure for each case, told in its own words.

Texts of a service are shortened, and never hold what was sent in a header.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from quaero.models.errors import JobFailure

LONGEST_REASON: Final = 300
SHOWN_OF_A_BODY: Final = 60
LEAST_HIDDEN: Final = 8
"""So many characters of a secret are hidden also where the rest of it was cut off."""

HELD_OFF_SECONDS: Final = 60.0
"""How long a service is left alone that says "too much" and not for how long."""


def not_json(body: bytes) -> JobFailure:
    """An answer that no program can read, such as a page for people: time may heal it."""
    start = body[:SHOWN_OF_A_BODY].decode("utf-8", "replace")
    what = "an empty answer" if not body.strip() else f"the answer is no JSON; it begins with {start!r}"
    return JobFailure(what, code="places_bad_answer", retryable=True)


def wrong_shape(expected: str) -> JobFailure:
    """JSON of another shape than the service has; asking again would give the same."""
    return JobFailure(
        f"the answer is not {expected}",
        code="places_bad_answer",
        remedy="Is the base URL in the settings right?",
    )


def of_status(status: int, retry_after: float | None) -> JobFailure:
    """The failure for a status that is no success, for services that say no more than that."""
    told = f"{status} {phrase(status)}".rstrip()
    if status in (429, 503):
        return busy(told, retry_after)
    if status in (401, 403):
        return JobFailure(
            f"refused ({told})",
            code="places_refused",
            remedy="The service may want another places.user_agent, or block this address",
        )
    if status in (408, 500, 502, 504):
        return JobFailure(
            f"no answer from the service ({told})",
            code="places_unavailable",
            retryable=True,
            retry_after=retry_after,
        )
    if 300 <= status < 400:
        return JobFailure(
            f"the service leads elsewhere ({told}), where nothing is sent",
            code="places_refused",
            remedy="Correct the base URL in the settings",
        )
    return JobFailure(f"the service does not take this request ({told})", code="places_bad_request")


def phrase(status: int) -> str:
    """What a status is called; "" for an unknown one."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def busy(told: str, retry_after: float | None) -> JobFailure:
    """Too much was asked: everybody leaves the service alone for that long."""
    seconds = HELD_OFF_SECONDS if retry_after is None else retry_after
    return JobFailure(
        f"the service wants to be left alone ({told})",
        code="places_quota",
        retryable=True,
        retry_after=seconds,
    )


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """A service's own words on one line, shortened, without these values, their words, or beginnings of them."""
    words = {word for secret in secrets for word in (secret, *secret.split())}
    hidden = {each for word in words for each in (word, word[:LEAST_HIDDEN])}
    for each in sorted(hidden, key=len, reverse=True):
        if len(each) >= LEAST_HIDDEN or (each and each in secrets):
            text = text.replace(each, "***")
    return " ".join(text.split())[:LONGEST_REASON]
