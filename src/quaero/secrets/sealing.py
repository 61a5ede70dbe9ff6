"""Sealing: AES-256-GCM, which hides a text and notices when anything about it was changed."""

import base64
import binascii
import os

from quaero.secrets.key import SecretKey

VERSION = "1"
NONCE_BYTES = 12


class BrokenSeal(ValueError):
    """The text was not sealed with this key and this label, or was changed since."""


def seal(key: SecretKey, text: bytes, *, label: bytes) -> str:
    """The sealed text, in ASCII; only the same key with the same label opens it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - slow, and seldom needed

    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key.material).encrypt(nonce, text, label)
    return f"{VERSION}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(key: SecretKey, sealed: str, *, label: bytes) -> bytes:
    """The text again; `BrokenSeal`."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow, and seldom needed
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    version, _, encoded = sealed.partition(".")
    try:
        if version != VERSION:
            raise BrokenSeal
        whole = base64.b64decode(encoded, altchars=b"-_", validate=True)
        return AESGCM(key.material).decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], label)
    except (ValueError, binascii.Error, InvalidTag):
        raise BrokenSeal from None
