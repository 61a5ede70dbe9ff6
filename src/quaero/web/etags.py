"""Versions of things as ETags: who changes a thing may say which version he has seen."""

import re
from typing import Annotated, Final

from fastapi import Header

from quaero.models.errors import QuaeroError

LONGEST: Final = 1_000
_TAG = re.compile(r'(W/)?("[^"]*")')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=LONGEST,
        description="Only if the thing still has this ETag.",
        examples=['"3"'],
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=LONGEST,
        description="Only if the thing no longer has this ETag; otherwise the answer is 304.",
        examples=['"3"'],
    ),
]


class PreconditionError(QuaeroError):
    """A thing is no longer what it was when its ETag was handed out. Nothing was changed."""

    code = "precondition_failed"
    exit_code = 2


def etag(version: int | str) -> str:
    return f'"{version}"'


def require_match(if_match: str | None, version: int | str, *, where: str) -> None:
    """`PreconditionError` when If-Match was given and names another version."""
    if if_match is None or if_match.strip() == "*" or etag(version) in _tags(if_match, strong=True):
        return
    raise PreconditionError(
        f"it was changed meanwhile: its version is {version} now",
        where=where,
        remedy="Get it anew, and change that",
    )


def is_known(if_none_match: str | None, version: int | str) -> bool:
    """Whether who asks has this version already."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag(version) in _tags(if_none_match, strong=False)


def _tags(text: str, *, strong: bool) -> list[str]:
    """The ETags of a header; weak ones are no proof that nothing was changed."""
    return [tag for weak, tag in _TAG.findall(text) if not (strong and weak)]
