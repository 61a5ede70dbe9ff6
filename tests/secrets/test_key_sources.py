"""Where the key is looked for, how it comes to be, and when it is refused."""

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import platformdirs
import pytest

from quaero.models.errors import ConflictError
from quaero.secrets.key import SecretKey, SecretKeyError
from quaero.secrets.key_sources import VARIABLE, FoundKey, KeySources

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))

posix = pytest.mark.skipif(os.name != "posix", reason="files have other rights there")


class Keyring(ModuleType):
    """Stands for the package: what it was given, or an error for who has no keyring."""

    def __init__(self, kept: str | None = None, error: Exception | None = None) -> None:
        super().__init__("keyring")
        self.kept, self.error = kept, error

    def get_password(self, service: str, user: str) -> str | None:
        assert (service, user) == ("quaero", "secret-key")
        if self.error is not None:
            raise self.error
        return self.kept

    def set_password(self, service: str, user: str, text: str) -> None:
        self.get_password(service, user)
        self.kept = text


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not look into the keyring of whoever runs them."""
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def keyring(no_keyring: None, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """An empty keyring that works."""
    keyring = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    return keyring


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "secret.key"


def sources(file: Path, **environment: str) -> KeySources:
    return KeySources(environment, file)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_looking_for_a_key_makes_none(file: Path) -> None:
    assert sources(file).first() is None
    assert not file.parent.exists()


@posix
def test_the_first_use_makes_a_key_that_only_its_owner_can_read(file: Path) -> None:
    made = sources(file).first_or_new()
    assert made == FoundKey(made.key, str(file))
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    assert sources(file).first_or_new() == sources(file).first() == made
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_all_that_need_the_first_key_at_once_get_the_same(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: sources(file).first_or_new().key.text(), range(32)))
    assert len(keys) == 1
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_the_environment_comes_before_the_file(file: Path) -> None:
    kept = sources(file).first_or_new()
    both = sources(file, **{VARIABLE: KEY.text()})
    assert both.first() == FoundKey(KEY, VARIABLE)
    assert list(both.all()) == [FoundKey(KEY, VARIABLE), kept]
    assert sources(file, **{VARIABLE: ""}).first() == kept


def test_a_key_of_the_environment_that_is_none_is_not_passed_over(file: Path) -> None:
    sources(file).first_or_new()
    with pytest.raises(SecretKeyError, match=f"^{VARIABLE}: this is no key"):
        sources(file, **{VARIABLE: "my-password"}).first()


@posix
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_can_use_is_refused(file: Path, rights: int) -> None:
    made = sources(file).first_or_new()
    file.chmod(rights)
    with pytest.raises(SecretKeyError, match=rf"mode {rights:04o}.*chmod 600") as caught:
        sources(file).first_or_new()
    assert made.key.text() not in caught.value.line()
    file.chmod(0o600)
    assert sources(file).first() == made


def test_a_file_that_holds_no_key_is_refused_and_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("something else")
    file.chmod(0o600)
    with pytest.raises(SecretKeyError, match="this is no key"):
        sources(file).first_or_new()
    assert file.read_text() == "something else"


def test_a_key_that_was_brought_here_is_kept(file: Path) -> None:
    assert sources(file).keep(KEY) == file
    assert sources(file).first() == FoundKey(KEY, str(file))
    assert mode(file) == 0o600 or os.name != "posix"


@posix
def test_bringing_the_same_key_again_closes_its_file(file: Path) -> None:
    sources(file).keep(KEY)
    file.chmod(0o644)
    sources(file).keep(KEY)
    assert mode(file) == 0o600


def test_another_key_goes_only_when_that_is_said(file: Path) -> None:
    sources(file).keep(KEY)
    with pytest.raises(ConflictError, match=f"another key, {KEY.id}, is there already"):
        sources(file).keep(OTHER)
    assert sources(file).first() == FoundKey(KEY, str(file))
    sources(file).keep(OTHER, replace=True)
    assert sources(file).first() == FoundKey(OTHER, str(file))
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file, no folder")
    with pytest.raises(SecretKeyError, match=f"cannot be used for the key.*{VARIABLE}"):
        sources(tmp_path / "config" / "secret.key").keep(KEY)


def test_the_key_of_a_user_is_never_among_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = KeySources.of_user().file
    assert apart.parent == platformdirs.user_config_path("quaero")
    assert apart.parent != platformdirs.user_data_path("quaero")
    for kind in ("config", "data"):  # as they are on some systems
        monkeypatch.setattr(platformdirs, f"user_{kind}_path", lambda name: tmp_path / name)
    assert KeySources.of_user().file.parent not in (tmp_path / "quaero", *(tmp_path / "quaero").parents)


def test_the_keyring_comes_last(file: Path, keyring: Keyring) -> None:
    keyring.kept = OTHER.text()
    assert sources(file).first() == FoundKey(OTHER, "keyring")
    assert sources(file).first_or_new() == FoundKey(OTHER, "keyring")
    assert not file.exists()
    sources(file).keep(KEY)
    assert list(sources(file).all()) == [FoundKey(KEY, str(file)), FoundKey(OTHER, "keyring")]


def test_a_new_key_goes_into_the_file_also_where_there_is_a_keyring(file: Path, keyring: Keyring) -> None:
    assert sources(file).first_or_new().source == str(file)
    assert keyring.kept is None


def test_a_key_goes_into_the_keyring_when_that_is_said(file: Path, keyring: Keyring) -> None:
    for _ in range(2):
        assert sources(file).keep_in_keyring(KEY) == "keyring"
    assert (keyring.kept, file.exists()) == (KEY.text(), False)
    with pytest.raises(ConflictError, match=f"^keyring: another key, {KEY.id}, is there already"):
        sources(file).keep_in_keyring(OTHER)
    sources(file).keep_in_keyring(OTHER, replace=True)
    assert keyring.kept == OTHER.text()


def test_a_keyring_that_does_not_work_is_as_good_as_none(file: Path, keyring: Keyring) -> None:
    keyring.error = RuntimeError("nobody is logged in")
    assert sources(file).first() is None
    with pytest.raises(SecretKeyError, match=r"there is no keyring that works here .RuntimeError.") as caught:
        sources(file).keep_in_keyring(KEY)
    assert KEY.text() not in caught.value.line()


def test_without_the_package_the_keyring_is_passed_over(file: Path) -> None:
    assert sources(file).first_or_new().source == str(file)
    with pytest.raises(SecretKeyError, match=r"quaero\[keyring\]"):
        sources(file).keep_in_keyring(KEY)
