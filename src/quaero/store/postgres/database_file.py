"""The database as a whole, while nobody needs to have it open."""

from pathlib import Path

import psycopg

from quaero.models.errors import UsageError
from quaero.store.database_file import Progress, Restored, Versions
from quaero.store.postgres.connection import connect, masked, refusal
from quaero.store.postgres.schema import version
from quaero.store.postgres.statements import migrations


class PostgresDatabase:
    """The database at the URL; see `DatabaseFile`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def versions(self) -> Versions:
        try:
            with connect(self._url, pooled=True) as connection:
                return Versions(version(connection, self._url), len(migrations()))
        except psycopg.Error as error:
            raise refusal(error, self._url) from error

    def restore(self, source: Path, *, replace: bool, progress: Progress | None = None) -> Restored:
        raise UsageError(
            "a backup file is not restored into a PostgreSQL database in this way",
            where=masked(self._url),
            remedy=f"Use pg_restore, or: quaero db migrate --database sqlite:///{source} --to the URL",
        )
