"""The settings of the log of a server or worker."""

from typing import Final

from quaero.settings.reading import Reading
from quaero.settings.values import LogSettings

EXAMPLES: Final = {
    "log.level": 'level = "info"',
    "log.format": 'format = "json"',
}
LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")


def read_log(reading: Reading) -> LogSettings:
    default = LogSettings()
    return LogSettings(
        reading.take("log.level", lambda: default.level, lambda written: _one_of(LEVELS, written)),
        reading.take("log.format", lambda: default.format, lambda written: _one_of(FORMATS, written)),
    )


def _one_of(known: tuple[str, ...], written: object) -> str:
    if not isinstance(written, str) or written not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return written
