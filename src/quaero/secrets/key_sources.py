"""Where the key is on this machine: the environment, a file that only its user can read, the system's keyring."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from quaero.models.errors import ConflictError
from quaero.secrets import keyring_place
from quaero.secrets.key import SecretKey, SecretKeyError

VARIABLE = "QUAERO_SECRET_KEY"
FILE_NAME = "secret.key"
_MOST_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and the place where it was found: the variable, the path of the file, or "keyring"."""

    key: SecretKey
    source: str


@dataclass(frozen=True, slots=True)
class KeySources:
    """The places, in their order. What is sealed is sealed with the first key; what is opened finds its own."""

    environment: Mapping[str, str]
    file: Path

    @classmethod
    def of_user(cls) -> Self:
        """Those of whoever runs this process."""
        from platformdirs import user_config_path, user_data_path  # noqa: PLC0415 - start-up time

        folder = user_config_path("quaero")
        if folder == user_data_path(
            "quaero"
        ):  # the same on some systems, and a copy of the data must hold no key
            folder = user_config_path("quaero-key")
        return cls(os.environ, folder / FILE_NAME)

    def all(self) -> Iterator[FoundKey]:
        """The keys that are here; `SecretKeyError` at one that is damaged or that others can read."""
        if written := self.environment.get(VARIABLE):
            yield FoundKey(SecretKey.parse(written, where=VARIABLE), VARIABLE)
        if (text := self._read_file()) is not None:
            yield FoundKey(SecretKey.parse(text, where=str(self.file)), str(self.file))
        if (text := keyring_place.read()) is not None:
            yield FoundKey(SecretKey.parse(text, where=keyring_place.NAME), keyring_place.NAME)

    def first(self) -> FoundKey | None:
        """The key that new secrets are sealed with; None: there is none yet."""
        return next(self.all(), None)

    def first_or_new(self) -> FoundKey:
        """The same; where there is none, one is made and kept in the file."""
        found = self.first()
        if found is None:
            _write(self.file, SecretKey.new(), replace=False)
            found = self.first()
        if found is None:
            raise SecretKeyError("was removed by somebody in this moment", where=str(self.file))
        return found

    def keep_in_keyring(self, key: SecretKey, *, replace: bool = False) -> str:
        """Write a key to the keyring; the name of that place. `ConflictError` as in `keep`."""
        _check_same(keyring_place.read(), key, keyring_place.NAME, replace=replace)
        keyring_place.write(key)
        return keyring_place.NAME

    def keep(self, key: SecretKey, *, replace: bool = False) -> Path:
        """Write a key to the file; `ConflictError` when another one is there, unless `replace`."""
        text = self._read_file(even_if_open=True)
        _check_same(text, key, str(self.file), replace=replace)
        if not _write(self.file, key, replace=replace or text is not None):
            return self.keep(key, replace=replace)  # somebody wrote one in this moment
        return self.file

    def _read_file(self, *, even_if_open: bool = False) -> str | None:
        try:
            with self.file.open("rb") as opened:
                if not even_if_open:
                    _check_closed(self.file, os.fstat(opened.fileno()).st_mode)
                return opened.read(_MOST_BYTES).decode("ascii", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(self.file, error) from None


def _check_closed(file: Path, mode: int) -> None:
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretKeyError(
            f"others than its owner can use this file (mode {stat.S_IMODE(mode):04o}), so it is no secret",
            where=str(file),
            remedy=f"Close it: chmod 600 {file}",
        )


def _check_same(there: str | None, key: SecretKey, where: str, *, replace: bool) -> None:
    """`ConflictError` when there is something else than the key, unless that may be replaced."""
    if there is None or replace:
        return
    try:
        found = SecretKey.parse(there, where=where)
    except SecretKeyError:
        other = "something that is no key"
    else:
        if found == key:
            return
        other = f"another key, {found.id},"
    raise ConflictError(
        f"{other} is there already",
        where=where,
        remedy="With --replace it goes, and what was sealed with it cannot be opened here any more",
    )


def _write(file: Path, key: SecretKey, *, replace: bool) -> bool:
    """Write the file as a whole or not at all; False: one is there, and it was not to be replaced."""
    unfinished = file.with_name(f".{file.name}-{os.urandom(6).hex()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as out:
                out.write(f"{key.text()}\n")
                out.flush()
                os.fsync(out.fileno())
            if replace:
                unfinished.replace(file)
            else:
                os.link(unfinished, file)  # unlike a renaming, never over a file that is there
        finally:
            unfinished.unlink(missing_ok=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise _unusable(file, error) from None
    return True


def _unusable(file: Path, error: OSError) -> SecretKeyError:
    return SecretKeyError(
        f"cannot be used for the key ({error.strerror})",
        where=str(file),
        remedy=f"Mend that, or give the key by the environment: {VARIABLE}",
    )
