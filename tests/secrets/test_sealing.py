"""What is sealed opens with its key and its label, as it was, or not at all."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.secrets.key import SecretKey, SecretKeyError
from quaero.secrets.sealing import BrokenSeal, seal, unseal

KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))


@given(text=st.binary(max_size=200), label=st.binary(max_size=50))
def test_what_is_sealed_opens_again(text: bytes, label: bytes) -> None:
    sealed = seal(KEY, text, label=label)
    assert sealed.isascii()
    assert unseal(KEY, sealed, label=label) == text


@given(label=st.binary(max_size=20), other=st.binary(max_size=20))
def test_another_label_or_key_does_not_open_it(label: bytes, other: bytes) -> None:
    sealed = seal(KEY, b"text", label=label)
    with pytest.raises(BrokenSeal):
        unseal(OTHER, sealed, label=label)
    if other != label:
        with pytest.raises(BrokenSeal):
            unseal(KEY, sealed, label=other)


@given(data=st.data(), text=st.binary(min_size=1, max_size=40))
def test_a_change_of_any_bit_is_noticed(data: st.DataObject, text: bytes) -> None:
    version, encoded = seal(KEY, text, label=b"").split(".")
    whole = bytearray(base64.urlsafe_b64decode(encoded))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenSeal):
        unseal(KEY, f"{version}.{base64.urlsafe_b64encode(whole).decode()}", label=b"")


@pytest.mark.parametrize("sealed", ["", ".", "1.", "1.AAAA", "2.AAAA", "1.!", "1.ü", "1." + "A" * 40])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(BrokenSeal):
        unseal(KEY, sealed, label=b"")


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert len({seal(KEY, b"text", label=b"") for _ in range(100)}) == 100


def test_a_key_is_read_as_it_is_written() -> None:
    for key in (KEY, OTHER, SecretKey.new()):
        for written in (key.text(), f"{key.text()}=", f" {key.text()}\n"):
            assert SecretKey.parse(written, where="here") == key


@pytest.mark.parametrize(
    "written", ["", "short", "A" * 42, "A" * 44, "A" * 42 + "/", "A" * 42 + "ü", "A" * 86]
)
def test_what_is_no_key_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(SecretKeyError, match=r"^somewhere: this is no key") as caught:
        SecretKey.parse(written, where="somewhere")
    assert not written or written not in caught.value.line()


def test_a_key_shows_its_id_and_nothing_of_itself() -> None:
    assert (len(KEY.id), KEY.id) == (10, SecretKey(bytes(range(32))).id)
    assert KEY.id != OTHER.id
    for shown in (repr(KEY), str(KEY), f"{KEY}"):
        assert KEY.text() not in shown
        assert repr(KEY.material) not in shown
