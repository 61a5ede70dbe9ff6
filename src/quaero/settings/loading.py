"""All settings, each with its default and its limits."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from quaero.models.duration import format_duration
from quaero.settings import log, places, web
from quaero.settings.reading import Reading
from quaero.settings.urls import DatabaseUrl, SqliteUrl, masked
from quaero.settings.values import (
    CrawlerSettings,
    PostgresSettings,
    QueueSettings,
    RetentionSettings,
    Settings,
    SettingsError,
)
from quaero.settings.written import (
    database_url,
    duration,
    duration_or_never,
    flag,
    header_line,
    postgres_url_or_none,
    whole_number,
)

FILE_NAME = "quaero.toml"

_EXAMPLES = {
    "database": 'database = "sqlite:///quaero.db"',
    "postgres.listen": 'listen = "postgresql://user@host/name"',
    "postgres.pooled": "pooled = true",
    "postgres.connections": "connections = 4",
    "queue.lease": 'lease = "60s"',
    "queue.heartbeat": 'heartbeat = "20s"',
    "queue.concurrency": "concurrency = 200",
    "queue.max_lost_leases": "max_lost_leases = 10",
    "queue.max_log_lines": "max_log_lines = 1000",
    "queue.grace": 'grace = "10s"',
    "retention.runs": 'runs = "365d"',
    "retention.events": 'events = "30d"',
    "retention.logs": 'logs = "30d"',
    "retention.versions": 'versions = "365d"',
    "retention.answers": 'answers = "90d"',
    "retention.budgets": 'budgets = "400d"',
    "retention.document_versions": 'document_versions = "365d"',
    "retention.audit": 'audit = "365d"',
    "crawler.user_agent": 'user_agent = "docs-crawler/1.0 (me@example.org)"',
    **places.EXAMPLES,
    **web.EXAMPLES,
    **log.EXAMPLES,
}


def load(
    database: str | None, config_file: Path | None, environment: Mapping[str, str], directory: Path
) -> Settings:
    """The settings from the `--database` flag, the environment and the file (None: there is none).

    A relative database path starts at `directory`; in the file, at the file's folder. Raises `SettingsError` with
    all complaints at once.
    """
    flags = {} if database is None else {"database": database}
    reading = Reading(flags, config_file, environment, _EXAMPLES)
    settings = Settings(
        database=_database(reading, directory if config_file is None else config_file.parent, directory),
        postgres=_postgres(reading),
        queue=_queue(reading),
        crawler=CrawlerSettings(reading.take("crawler.user_agent", lambda: "", header_line)),
        retention=_retention(reading),
        places=places.read_places(reading),
        web=web.read_web(reading),
        log=log.read_log(reading),
        origins=tuple(reading.origins),
    )
    reading.complain_of_unknown_keys()
    if reading.complaints:
        raise SettingsError(tuple(reading.complaints))
    return settings


def find_config_file(directory: Path) -> Path | None:
    """`quaero.toml` of this folder, else of the per-user config folder, if there is one."""
    here = directory / FILE_NAME
    if here.is_file():
        return here
    from platformdirs import user_config_path  # noqa: PLC0415 - start-up time: not needed where one is found here

    own = user_config_path("quaero") / FILE_NAME
    return own if own.is_file() else None


def _database(reading: Reading, folder_of_file: Path, directory: Path) -> DatabaseUrl:
    base = folder_of_file if reading.from_file("database") else directory
    return reading.take("database", _default_database, lambda written: database_url(written, base.absolute()))


def _default_database() -> DatabaseUrl:
    from platformdirs import user_data_path  # noqa: PLC0415 - start-up time: not needed where a database is named

    return SqliteUrl(user_data_path("quaero") / "quaero.db")


def _postgres(reading: Reading) -> PostgresSettings:
    default = PostgresSettings()
    return PostgresSettings(
        reading.take("postgres.listen", lambda: default.listen, postgres_url_or_none, masked),
        reading.take("postgres.pooled", lambda: default.pooled, flag, lambda pooled: str(pooled).lower()),
        reading.take("postgres.connections", lambda: default.connections, partial(whole_number, most=100)),
    )


def _queue(reading: Reading) -> QueueSettings:
    default = QueueSettings()
    lease = reading.take(
        "queue.lease", lambda: default.lease_ms, partial(duration, least=5_000), format_duration
    )
    heartbeat = reading.take(
        "queue.heartbeat", lambda: lease // 3, partial(duration, least=100), format_duration
    )
    if heartbeat >= lease:
        message = f"must be shorter than queue.lease ({format_duration(lease)})"
        reading.complain("queue.heartbeat", message, f'heartbeat = "{format_duration(lease // 3)}"')
    return QueueSettings(
        reading.take("queue.concurrency", lambda: default.concurrency, partial(whole_number, most=10_000)),
        lease,
        heartbeat,
        reading.take(
            "queue.max_lost_leases", lambda: default.max_lost_leases, partial(whole_number, most=1_000)
        ),
        reading.take(
            "queue.max_log_lines", lambda: default.max_log_lines, partial(whole_number, most=1_000_000)
        ),
        reading.take("queue.grace", lambda: default.grace_ms, partial(duration, least=0), format_duration),
    )


def _retention(reading: Reading) -> RetentionSettings:
    def take(key: str) -> int | None:
        return reading.take(key, lambda: None, duration_or_never, _duration_or_nothing)

    return RetentionSettings(
        take("retention.runs"),
        take("retention.events"),
        take("retention.logs"),
        take("retention.versions"),
        take("retention.answers"),
        take("retention.budgets"),
        take("retention.document_versions"),
        take("retention.audit"),
    )


def _duration_or_nothing(milliseconds: int | None) -> str:
    return "" if milliseconds is None else format_duration(milliseconds)
