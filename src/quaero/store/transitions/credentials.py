"""Credentials, as sealed as they come: who is let in by them is known here, how is not."""

import msgspec

from quaero.models.errors import ConflictError, NotFoundError
from quaero.secrets.sealed_credential import SealedCredential
from quaero.store.rows import from_json, to_json
from quaero.store.transaction import Change, Reader, Row, Transaction


class StoredCredential(msgspec.Struct, frozen=True):
    """Sealed credentials with their times, in milliseconds since 1970."""

    sealed: SealedCredential
    created_at: int
    updated_at: int

    @property
    def name(self) -> str:
        return self.sealed.name


def put_credential(tx: Transaction, new: SealedCredential, replace: bool) -> None:
    """Keep credentials under their name; `ConflictError` when it is taken, unless `replace`."""
    kept = tx.rows(
        "put_credential",
        name=new.name,
        hosts=to_json(new.hosts),
        kind=new.kind,
        sealed=new.sealed,
        key_id=new.key_id,
        replace=int(replace),
        now=tx.now,
    )
    if not kept:
        raise ConflictError(
            "there are such credentials already",
            where=f"credentials {new.name}",
            remedy="Give --replace to put the new ones in their place",
        )
    tx.touch(Change.EVENTS)


def delete_credential(tx: Transaction, name: str) -> None:
    if not tx.rows("delete_credential", name=name):
        raise unknown(name)
    tx.touch(Change.EVENTS)


def credentials(reader: Reader) -> tuple[StoredCredential, ...]:
    """All of them, by name."""
    return tuple(map(_stored, reader.rows("list_credentials", name=None)))


def credential(reader: Reader, name: str) -> StoredCredential:
    for row in reader.rows("list_credentials", name=name):
        return _stored(row)
    raise unknown(name)


def require_credentials(reader: Reader, definition_id: str, name: str | None) -> None:
    """`ConflictError` when there are none of the name that a definition gives as `auth`."""
    if name is not None and not reader.rows("list_credentials", name=name):
        raise ConflictError(
            f'there are no credentials "{name}", which auth names',
            where=definition_id,
            remedy="Store them: quaero auth add, quaero auth import; see quaero auth list",
        )


def unknown(name: str) -> NotFoundError:
    return NotFoundError(f"there are no credentials {name!r}", remedy="See: quaero auth list")


def _stored(row: Row) -> StoredCredential:
    name, hosts, kind, sealed, key_id, created_at, updated_at = row
    return StoredCredential(
        SealedCredential(name, tuple(from_json(hosts)), kind, sealed, key_id), created_at, updated_at
    )
