"""Credentials as they are stored: who they are for in the open, what they are sealed."""

from dataclasses import dataclass

import msgspec

from quaero.models.credential import Credential, CredentialKind, checked_credential_name
from quaero.models.errors import QuaeroError
from quaero.secrets.key import SecretKey
from quaero.secrets.sealing import BrokenSeal, seal, unseal


class SealedError(QuaeroError):
    """Sealed credentials that cannot be opened here."""

    code = "sealed"
    exit_code = 2


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """`sealed` opens with the key `key_id` alone, and only beside the other values as they are here."""

    name: str
    hosts: tuple[str, ...]
    kind: CredentialKind
    sealed: str
    key_id: str


def seal_credential(key: SecretKey, name: str, credential: Credential) -> SealedCredential:
    """Seal credentials under a name; `UsageError` for what is no name."""
    checked_credential_name(name)
    label = _label(name, credential.hosts, credential.kind, key.id)
    sealed = seal(key, msgspec.json.encode(credential), label=label)
    return SealedCredential(name, credential.hosts, credential.kind, sealed, key.id)


def open_credential(key: SecretKey, stored: SealedCredential) -> Credential:
    """The credentials themselves; `SealedError` when this is not their key or they were changed in the store."""
    if key.id != stored.key_id:
        raise no_key(stored, f"the key here is {key.id}")
    label = _label(stored.name, stored.hosts, stored.kind, stored.key_id)
    try:
        return msgspec.json.decode(unseal(key, stored.sealed, label=label), type=Credential)
    except (BrokenSeal, msgspec.DecodeError):
        raise SealedError(
            "they were changed after they were sealed",
            where=_where(stored),
            remedy=f"Store them anew: {_again(stored)}",
        ) from None


def no_key(stored: SealedCredential, what_is_here: str) -> SealedError:
    """The error for want of their key."""
    return SealedError(
        f"they are sealed with the key {stored.key_id}; {what_is_here}",
        where=_where(stored),
        remedy="Bring that key: quaero auth key show where they were stored, quaero auth key import here; "
        f"or store them anew: {_again(stored)}",
    )


def _label(name: str, hosts: tuple[str, ...], kind: str, key_id: str) -> bytes:
    return msgspec.json.encode(["quaero credential", name, hosts, kind, key_id])


def _where(stored: SealedCredential) -> str:
    return f"credentials {stored.name}"


def _again(stored: SealedCredential) -> str:
    command = "import" if stored.kind == "imported" else "add"
    return f"quaero auth {command} --replace"
