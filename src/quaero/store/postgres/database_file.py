"""The database as a whole, while nobody needs to have it open."""

from contextlib import AbstractContextManager
from pathlib import Path

import psycopg

from quaero.models.errors import UsageError
from quaero.settings import masked
from quaero.store.clock import Clock
from quaero.store.database_file import Progress, Restored, Versions
from quaero.store.postgres.connection import connect, refusal
from quaero.store.postgres.schema import version
from quaero.store.postgres.statements import migrations
from quaero.store.postgres.table_copy import postgres_source, postgres_target
from quaero.store.table_copy import Source, Target


class PostgresDatabase:
    """The database at the URL; see `DatabaseFile`."""

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self._url, self._clock = url, clock

    def versions(self) -> Versions:
        try:
            with connect(self._url, pooled=True) as connection:
                return Versions(version(connection, self._url), len(migrations()))
        except psycopg.Error as error:
            raise refusal(error, self._url) from error

    def source(self) -> AbstractContextManager[Source]:
        return postgres_source(self._url)

    def target(self) -> AbstractContextManager[Target]:
        return postgres_target(self._url, self._clock)

    def restore(self, source: Path, *, replace: bool, progress: Progress | None = None) -> Restored:
        raise UsageError(
            "a backup file is not restored into a PostgreSQL database in this way",
            where=masked(self._url),
            remedy=f"Use pg_restore, or: quaero db migrate --database sqlite:///{source} --to the URL",
        )
