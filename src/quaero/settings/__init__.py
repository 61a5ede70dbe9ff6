"""Settings: what they are, their defaults, and where each value came from.

The order is: flag, environment, file, default. The file is `quaero.toml` in the current folder, else in the
per-user config folder. The variable of a setting is its path: `[queue] lease` is `QUAERO_QUEUE_LEASE`.
"""

from quaero.settings.loading import find_config_file, load
from quaero.settings.reading import variable_of
from quaero.settings.urls import DatabaseUrl, PostgresUrl, SqliteUrl, masked
from quaero.settings.values import (
    CrawlerSettings,
    LogSettings,
    Origin,
    PlacesSettings,
    PostgresSettings,
    QueueSettings,
    RetentionSettings,
    Settings,
    SettingsError,
    WebSettings,
)
from quaero.settings.written import database_url

__all__ = [
    "CrawlerSettings",
    "DatabaseUrl",
    "LogSettings",
    "Origin",
    "PlacesSettings",
    "PostgresSettings",
    "PostgresUrl",
    "QueueSettings",
    "RetentionSettings",
    "Settings",
    "SettingsError",
    "SqliteUrl",
    "WebSettings",
    "database_url",
    "find_config_file",
    "load",
    "masked",
    "variable_of",
]
