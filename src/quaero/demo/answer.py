"""What a server of this package says about one address."""

import zlib
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response. `content_type` is sent as it stands, `location` only where it is not empty.

    `etag` is made from the body.
    """

    status: HTTPStatus
    content_type: str = ""
    body: bytes = b""
    location: str = ""
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{zlib.crc32(self.body):08x}"')

    @property
    def is_page(self) -> bool:
        """Whether this is an HTML page, as opposed to a redirect, an error or another kind of file."""
        return self.status is HTTPStatus.OK and self.content_type.startswith("text/html")


NOT_FOUND = Answer(
    HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", b"<title>Not found</title><h1>Not found</h1>"
)
