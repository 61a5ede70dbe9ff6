"""Names of files for documents: safe on every system, the same at every run, no two alike."""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote, urlsplit

from quaero.transform import SUFFIXES, OutputFormat

_UNSAFE: Final = re.compile(r"[^\w-]+")
_SUFFIX: Final = re.compile(r"\.[A-Za-z]{2,5}$")
LONGEST: Final = 80
"""Bytes of the part of a name that the address gives."""


def file_name(url: str, number: int, output_format: OutputFormat) -> str:
    """The last two parts of the address's path, or its host, with the number of the document: `library-json-17.md`.

    The address of a document stays what it is while its title may change: so the file does, too.
    """
    return f"{_called(url)}-{number}{SUFFIXES[output_format]}"


def _called(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "document"
    path = [part for part in _SUFFIX.sub("", unquote(parts.path)).split("/") if part]
    name = "-".join(path[-2:]) or parts.netloc
    plain = _UNSAFE.sub("-", unicodedata.normalize("NFC", name)).strip("-_").lower()
    short = plain.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore").strip("-_")
    return short or "document"
