"""Copies of a database file: taken while others write, complete or not there at all."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from quaero.models.errors import ConflictError, StoreError, UsageError
from quaero.store.database_file import Progress
from quaero.store.sqlite.connection import open_unchanged, refusal
from quaero.store.sqlite.statements import statement

STEP_PAGES = 256
"""Pages between two reports of progress: a mebibyte."""

UNFINISHED = ".unfinished-copy-"
"""What follows the name of a copy while it is being made, before eight random digits."""

OWN_FILES = ("", "-wal", "-shm", "-owners")
"""What follows the name of a database in the names of the files that belong to it."""


def copy_database(
    source: Path, target: Path, *, overwrite: bool = False, progress: Progress | None = None
) -> int:
    """Copy the database as it is now, however much is written to it meanwhile; the size of the copy in bytes.

    The copy appears under its name once it is complete, checked and synced. `StoreError` when the source is damaged or
    the copy cannot be written.
    """
    check_target(source, target, overwrite=overwrite)
    _remove_leftovers(target.parent)
    with _unfinished(target) as unfinished:
        _copy_pages(source, unfinished, progress)
        check_pages(unfinished, told_as=source)
        sync(unfinished)
        check_target(source, target, overwrite=overwrite)
        unfinished.replace(target)
        sync(target.parent)
    return target.stat().st_size


@contextmanager
def snapshot(source: Path, progress: Progress) -> Iterator[Path]:
    """A copy of the database as it is now, beside it, while the block runs. `StoreError` when that cannot be."""
    _remove_leftovers(source.parent)
    with _unfinished(source.with_name(f"{source.name}.snapshot")) as copy:
        _copy_pages(source, copy, progress)
        yield copy


def check_target(source: Path, target: Path, *, overwrite: bool) -> None:
    """Raise an error unless a copy of the source may be written there."""
    if target.resolve() in [Path(f"{source.resolve()}{ending}") for ending in OWN_FILES]:
        raise UsageError("this is the database itself", where=str(target), remedy="Name another file")
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else "its folder does not exist"
        raise UsageError(what, where=str(target), remedy="Name a file in a folder that exists")
    if target.exists() and not overwrite:
        raise ConflictError("exists already", where=str(target), remedy="Name another file, or add --force")


def check_pages(path: Path, told_as: Path) -> None:
    """Raise `StoreError` unless the pages of the file fit together; its error names the file `told_as`."""
    try:
        with contextlib.closing(apsw.Connection(str(path))) as connection:
            connection.pragma("journal_mode", "delete")  # one file, that can be copied as it is
            problems = [text for (text,) in connection.execute(statement("quick_check")) if text != "ok"]
    except apsw.Error as error:
        raise refusal(error, told_as) from error
    if problems:
        raise StoreError(f"is damaged ({problems[0]})", where=str(told_as), remedy="See: quaero db check")


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_pages(source: Path, target: Path, progress: Progress | None) -> None:
    try:
        with (
            contextlib.closing(open_unchanged(source)) as old,
            contextlib.closing(apsw.Connection(str(target))) as new,
        ):
            new.pragma("synchronous", 0)  # synced once, at the end
            new.pragma("journal_mode", "off")
            old.execute("BEGIN")
            old.execute(
                statement("any_table")
            )  # from here on this is a snapshot: a change would start the copy over
            with new.backup("main", old, "main") as backup:
                while not backup.done:
                    backup.step(STEP_PAGES)
                    if progress is not None:
                        progress(backup.page_count - backup.remaining, backup.page_count)
            old.execute("COMMIT")
    except apsw.FullError as error:
        raise refusal(error, target) from error
    except apsw.Error as error:
        raise refusal(error, source) from error


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A name for the copy while it is being made; whatever is left under it is removed.

    A lock on the file shows that somebody is still at it: see `_remove_leftovers`.
    """
    try:
        path, file = _locked_file(target)
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror})",
            where=str(target),
            remedy="Check the rights of the folder",
        ) from error
    try:
        yield path
    finally:
        remove(path)
        os.close(file)


def _locked_file(target: Path) -> tuple[Path, int]:
    """A new file beside the target, and its descriptor, which holds the lock."""
    while True:
        path = target.with_name(f"{target.name}{UNFINISHED}{secrets.token_hex(4)}")
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return path, file
        os.close(file)  # it was taken for a leftover in the moment before the lock


def _remove_leftovers(folder: Path) -> None:
    """Remove copies that nobody goes on with: whoever made them was killed."""
    for path in folder.glob(f"*{UNFINISHED}????????"):
        try:
            file = os.open(path, os.O_WRONLY)
        except OSError:
            continue  # gone meanwhile, or somebody else's
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(path)
        except BlockingIOError:
            pass
        finally:
            os.close(file)


def remove(database: Path) -> None:
    """Remove a database with the files that belong to it, as far as they are there."""
    for ending in OWN_FILES:
        Path(f"{database}{ending}").unlink(missing_ok=True)
