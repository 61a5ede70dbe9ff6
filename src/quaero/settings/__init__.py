"""Settings: what they are, their defaults, and where each value came from.

The order is: flag, environment, file, default. The file is `quaero.toml` in the current folder, else in the
per-user config folder. The variable of a setting is its path: `[queue] lease` is `QUAERO_QUEUE_LEASE`.
"""

from quaero.settings.loading import find_config_file, load
from quaero.settings.values import (
    CrawlerSettings,
    DatabaseUrl,
    Origin,
    QueueSettings,
    RetentionSettings,
    Settings,
    SettingsError,
)

__all__ = [
    "CrawlerSettings",
    "DatabaseUrl",
    "Origin",
    "QueueSettings",
    "RetentionSettings",
    "Settings",
    "SettingsError",
    "find_config_file",
    "load",
]
