"""Credentials on their way into a store and out of it."""

from dataclasses import replace

import pytest

from quaero.models.credential import Cookie, Credential, Header
from quaero.models.errors import UsageError
from quaero.secrets.key import SecretKey
from quaero.secrets.sealed_credential import SealedCredential, SealedError, open_credential, seal_credential

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))
VALUE = "-".join(("nobody", "may", "see"))
HOST = "https://wiki.example.org"

CREDENTIALS = (
    Credential("bearer", (HOST,), (Header("Authorization", f"Bearer {VALUE}"),)),
    Credential("cookie", (HOST,), cookies=(Cookie("sid", VALUE, "wiki.example.org"),)),
    Credential(
        "imported",
        cookies=(
            Cookie(
                "sid",
                VALUE,
                "example.org",
                host_only=False,
                path="/a",
                secure=False,
                expires_at=2_000_000_000,
            ),
            Cookie("ü", VALUE, "wiki.example.org"),
        ),
    ),
)


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda each: each.kind)
def test_they_come_out_as_they_went_in(credential: Credential) -> None:
    sealed = seal_credential(KEY, "wiki", credential)
    assert (sealed.name, sealed.kind, sealed.key_id) == ("wiki", credential.kind, KEY.id)
    assert sealed.hosts == credential.hosts
    assert open_credential(KEY, sealed) == credential


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda each: each.kind)
def test_no_text_that_is_made_of_them_holds_a_value(credential: Credential) -> None:
    sealed = seal_credential(KEY, "wiki", credential)
    for shown in (repr(credential), str(credential), f"{credential}", repr(sealed), sealed.sealed):
        assert VALUE not in shown


def test_hosts_tell_what_is_for_all_below() -> None:
    assert [each.hosts for each in CREDENTIALS] == [(HOST,), (HOST,), (".example.org", "wiki.example.org")]


def test_another_key_is_told_which_one_is_wanted() -> None:
    sealed = seal_credential(KEY, "wiki", CREDENTIALS[0])
    with pytest.raises(SealedError, match=rf"{KEY.id}; the key here is {OTHER.id}.*quaero auth key import"):
        open_credential(OTHER, sealed)


CHANGES: tuple[dict[str, object], ...] = (
    {"name": "other"},
    {"hosts": ("https://evil.example",)},
    {"hosts": ()},
    {"kind": "basic"},
    {"sealed": ""},
    {"sealed": seal_credential(KEY, "other", CREDENTIALS[0]).sealed},
)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_whoever_writes_into_the_store_cannot_point_them_elsewhere(change: dict[str, object]) -> None:
    sealed = seal_credential(KEY, "wiki", CREDENTIALS[0])
    with pytest.raises(SealedError, match="changed after they were sealed"):
        open_credential(KEY, replace(sealed, **change))  # type: ignore[arg-type]


def test_a_key_id_that_was_changed_is_no_way_in_either() -> None:
    sealed: SealedCredential = seal_credential(KEY, "wiki", CREDENTIALS[0])
    with pytest.raises(SealedError, match="changed after they were sealed"):
        open_credential(OTHER, replace(sealed, key_id=OTHER.id))


@pytest.mark.parametrize("name", ["", " wiki", "two\nlines", "x" * 101])
def test_a_name_is_a_line(name: str) -> None:
    with pytest.raises(UsageError, match="a name is a line"):
        seal_credential(KEY, name, CREDENTIALS[0])
