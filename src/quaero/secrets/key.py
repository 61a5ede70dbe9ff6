"""The key that secrets are sealed with."""

import base64
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Self

from quaero.models.errors import QuaeroError

KEY_BYTES = 32
ID_BYTES = 5
_TEXT = re.compile(r"[A-Za-z0-9_-]{43}=?")


class SecretKeyError(QuaeroError):
    """The key cannot be read, or must not be used as it is. Its text never says what was read."""

    code = "secret_key"
    exit_code = 2


@dataclass(frozen=True)
class SecretKey:
    """256 random bits. `id` tells keys from each other and says nothing about them."""

    material: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def parse(cls, text: str, *, where: str) -> Self:
        """Read what `text` gives; `SecretKeyError` for anything else. `where` is the place that it was read from."""
        written = text.strip()
        if not _TEXT.fullmatch(written):
            raise SecretKeyError(
                f"this is no key: one is {KEY_BYTES} bytes in base64url, 43 characters",
                where=where,
                remedy="See what it is where it was made: quaero auth key show",
            )
        return cls(base64.urlsafe_b64decode(written.rstrip("=") + "="))

    @cached_property
    def id(self) -> str:
        """10 hexadecimal digits."""
        return blake2b(key=self.material, person=b"quaero key id", digest_size=ID_BYTES).hexdigest()

    def text(self) -> str:
        """The secret itself, in base64url: for a person who brings it to another machine."""
        return base64.urlsafe_b64encode(self.material).rstrip(b"=").decode()
