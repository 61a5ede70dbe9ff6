"""Documents: one per (source type, canonical URL), written together with the end of the job that brought them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from quaero.models.document import NewDocument, Saved
from quaero.models.event import DocumentSaved, DocumentUpdated
from quaero.models.outcome import Settlement
from quaero.store.journal import Journal
from quaero.store.rows import to_json
from quaero.store.transaction import Transaction

MOST_VERSIONS = 20
"""Of what a document was before its content changed, so many are kept."""


def save_documents(
    tx: Transaction, journal: Journal, settlement: Settlement, root_id: int, parent_id: int
) -> list[Saved]:
    """Store the settlement's documents and count what each turned out to be."""
    results = []
    for document in settlement.documents:
        saved = _save(tx, journal, document, settlement.job_id, root_id)
        if saved is not Saved.DUPLICATE:
            journal.count(parent_id, **{saved: 1})
        results.append(saved)
    return results


def save_results(
    tx: Transaction, journal: Journal, settlement: Settlement, root_id: int, parent_id: int
) -> None:
    """Store what was found in documents that are still there; each counts as an updated or an unchanged document."""
    for result in settlement.results:
        found = tx.rows("find_result", document_id=result.document_id, agent=result.agent)
        if not found:
            continue  # it was deleted meanwhile
        [(url, before)] = found
        value = to_json(result.value)
        tx.rows(
            "put_result",
            document_id=result.document_id,
            agent=result.agent,
            version=result.version,
            model=result.model,
            maker=result.maker,
            content_hash=result.content_hash,
            value=value,
            now=tx.now,
            job_id=settlement.job_id,
            root_id=root_id,
        )
        saved = Saved.UNCHANGED if before == value else Saved.UPDATED
        journal.count(parent_id, **{saved: 1})
        if saved is Saved.UPDATED:
            journal.event(DocumentUpdated(root_id, settlement.job_id, result.document_id, url))


def _save(tx: Transaction, journal: Journal, document: NewDocument, job_id: int, root_id: int) -> Saved:
    found = tx.rows("find_document", source_type=document.source_type, canonical_url=document.canonical_url)
    if document.replaces is not None and document.replaces not in [row[1] for row in found]:
        return Saved.DUPLICATE
    if not found:
        document_id = _insert(tx, document, job_id, root_id)
        journal.event(DocumentSaved(root_id, job_id, document_id, document.url))
        saved = Saved.CREATED
    else:
        document_id, stored_hash, stored_metadata, stored_job, stored_root, version = found[0]
        if stored_root == root_id and stored_job != job_id:
            return Saved.DUPLICATE
        saved = _renew(tx, document, document_id, stored_hash, stored_metadata, version, job_id, root_id)
        if saved is Saved.UPDATED:
            journal.event(DocumentUpdated(root_id, job_id, document_id, document.url))
    _tag(tx, document_id, document.tags, root_id)
    return saved


def _insert(tx: Transaction, document: NewDocument, job_id: int, root_id: int) -> int:
    [(document_id,)] = tx.rows(
        "insert_document",
        source_type=document.source_type,
        canonical_url=document.canonical_url,
        url=document.url,
        title=document.title,
        markdown=document.markdown,
        metadata=to_json(document.metadata),
        content_hash=document.content_hash,
        now=tx.now,
        job_id=job_id,
        root_id=root_id,
    )
    _keep_source(tx, document_id, document)
    return int(document_id)


def _renew(
    tx: Transaction,
    document: NewDocument,
    document_id: int,
    stored_hash: str,
    stored_metadata: str,
    version: int,
    job_id: int,
    root_id: int,
) -> Saved:
    if stored_hash == document.content_hash:
        tx.rows(
            "touch_document", id=document_id, url=document.url, now=tx.now, job_id=job_id, root_id=root_id
        )
        return Saved.UNCHANGED
    tx.rows("keep_document_version", id=document_id, now=tx.now, root_id=root_id)
    if version > MOST_VERSIONS:
        tx.rows("drop_document_versions", document_id=document_id, last=version - MOST_VERSIONS)
    tx.rows(
        "update_document",
        id=document_id,
        url=document.url,
        title=document.title,
        markdown=document.markdown,
        metadata=to_json(_merged(stored_metadata, document.metadata)),
        content_hash=document.content_hash,
        now=tx.now,
        job_id=job_id,
        root_id=root_id,
    )
    _keep_source(tx, document_id, document)
    return Saved.UPDATED


def _merged(stored: str, new: Mapping[str, Any]) -> dict[str, Any]:
    """What others added to the metadata (agents' results) outlives a new copy of the page."""
    return {**msgspec.json.decode(stored), **new}


def _keep_source(tx: Transaction, document_id: int, document: NewDocument) -> None:
    if document.source is not None:
        tx.rows(
            "put_document_source",
            document_id=document_id,
            media_type=document.media_type,
            body=document.source,
        )


def _tag(tx: Transaction, document_id: int, tags: tuple[str, ...], root_id: int) -> None:
    tx.rows("delete_other_tags", document_id=document_id, root_id=root_id, tags=to_json(tags))
    for tag in tags:
        tx.rows("insert_document_tag", document_id=document_id, tag=tag, root_id=root_id)
