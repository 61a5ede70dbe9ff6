"""Writing files that must not be there yet."""

from pathlib import Path

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
