"""Writing files: new ones, and such as are there only once they are complete."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from quaero.models.errors import ConflictError, UsageError


def write_new(file: Path, text: str) -> None:
    """Write a file that does not exist; `ConflictError` where it does."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ConflictError("the file exists already", where=str(file), remedy="Name another one") from None
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror})", where=str(file)) from error


@contextmanager
def replacing(file: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Write under another name; only what is complete gets the file's own."""
    if file.exists() and not overwrite:
        raise ConflictError("exists already", where=str(file), remedy="Name another file, or add --force")
    unfinished = file.with_name(f"{file.name}.unfinished-{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as stream:
            yield stream
        unfinished.replace(file)
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror})", where=str(file)) from error
    finally:
        unfinished.unlink(missing_ok=True)
