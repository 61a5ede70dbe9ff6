"""Settings: what they are, their defaults, and where each value came from.

The order is: flag, environment, file, default. The file is `quaero.toml` in the current folder, else in the
per-user config folder. The variable of a setting is its path: `[queue] lease` is `QUAERO_QUEUE_LEASE`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from quaero.models.definition import Complaint
from quaero.models.duration import format_duration, parse_duration
from quaero.models.errors import UsageError

FILE_NAME = "quaero.toml"
PREFIX = "QUAERO_"
SHORTEST_LEASE_MS = 5_000
MOST_CONCURRENCY = 10_000
MOST_LOST_LEASES = 1_000

_EXAMPLES = {
    "database": 'database = "sqlite:///quaero.db"',
    "queue.lease": 'lease = "60s"',
    "queue.heartbeat": 'heartbeat = "20s"',
    "queue.concurrency": "concurrency = 200",
    "queue.max_lost_leases": "max_lost_leases = 10",
    "crawler.user_agent": 'user_agent = "docs-crawler/1.0 (me@example.org)"',
}
_SECTIONS = sorted({key.partition(".")[0] for key in _EXAMPLES if "." in key})
_PASSWORD = re.compile(r"(://[^:/@]*):[^/]*@")

T = TypeVar("T")


class SettingsError(UsageError):
    """Settings that cannot be used; `complaints` holds everything that is wrong."""

    code = "invalid_settings"

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__(" | ".join(complaint.line_text() for complaint in complaints))


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """`concurrency`: jobs that one process executes at once. Times in milliseconds.

    `max_lost_leases`: how often a job may lose its worker before it counts as what kills them.
    """

    concurrency: int = 200
    lease_ms: int = 60_000
    heartbeat_ms: int = 20_000
    max_lost_leases: int = 10


@dataclass(frozen=True, slots=True)
class CrawlerSettings:
    """`user_agent`: what `quaero crawl` says it is; None: the crawl step's default."""

    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """`sqlite:///path/file.db`; `path` is the file, absolute."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


@dataclass(frozen=True, slots=True)
class Origin:
    """A setting as people see it: its value in writing, and the flag, variable or file that it comes from."""

    key: str
    value: str
    source: str
    variable: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`origins` tells where each value came from, in the order in which settings are shown."""

    database: DatabaseUrl
    queue: QueueSettings = field(default_factory=QueueSettings)
    crawler: CrawlerSettings = field(default_factory=CrawlerSettings)
    origins: tuple[Origin, ...] = ()


def load(
    database: str | None, config_file: Path | None, environment: Mapping[str, str], directory: Path
) -> Settings:
    """The settings from the `--database` flag, the environment and the file (None: there is none).

    A relative database path starts at `directory`; in the file, at the file's folder. Raises `SettingsError` with
    all complaints at once.
    """
    reading = _Reading(database, config_file, environment, directory)
    settings = Settings(
        DatabaseUrl(reading.database()),
        _queue(reading),
        CrawlerSettings(reading.user_agent()),
        reading.shown(),
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
    from platformdirs import user_config_path  # noqa: PLC0415 - not needed by a command that finds one here

    own = user_config_path("quaero") / FILE_NAME
    return own if own.is_file() else None


def masked(url: str) -> str:
    """The URL without its password."""
    return _PASSWORD.sub(r"\1:***@", url)


def variable_of(key: str) -> str:
    """`queue.lease` → `QUAERO_QUEUE_LEASE`."""
    return PREFIX + key.replace(".", "_").upper()


def _queue(reading: "_Reading") -> QueueSettings:
    lease = reading.duration("queue.lease", 60_000, least=SHORTEST_LEASE_MS)
    heartbeat = reading.duration("queue.heartbeat", lease // 3, least=100)
    if heartbeat >= lease:
        message = f"must be shorter than queue.lease ({format_duration(lease)})"
        reading.complain("queue.heartbeat", message, f'heartbeat = "{format_duration(lease // 3)}"')
    return QueueSettings(
        reading.whole("queue.concurrency", 200, most=MOST_CONCURRENCY),
        lease,
        heartbeat,
        reading.whole("queue.max_lost_leases", 10, most=MOST_LOST_LEASES),
    )


class _Reading:
    """Takes each setting from the first source that has it, and collects what is wrong on the way."""

    def __init__(
        self, flag: str | None, file: Path | None, environment: Mapping[str, str], directory: Path
    ) -> None:
        self.complaints: list[Complaint] = []
        self._flag, self._environment, self._directory = flag, environment, directory
        self._file = file
        self._values = {} if file is None else self._flattened(file)
        self._origins: list[Origin] = []

    def shown(self) -> tuple[Origin, ...]:
        return tuple(self._origins)

    def database(self) -> Path:
        written, source = self._written("database")
        path = _default_database() if written is None else self._named_database(written, source)
        self._found("database", str(DatabaseUrl(path)), source)
        return path

    def _named_database(self, written: object, source: str) -> Path:
        base = self._file.parent if self._file is not None and source == str(self._file) else self._directory
        try:
            return _database_path(written, base.absolute())
        except ValueError as error:
            self.complain("database", str(error))
            return _default_database()

    def duration(self, key: str, default: int, *, least: int) -> int:
        written, source = self._written(key)
        value = default
        if written is not None:
            try:
                value = parse_duration(written) if isinstance(written, str) else 0
                if value < least:
                    raise ValueError(f"must be a duration of at least {format_duration(least)}")  # noqa: TRY301
            except (UsageError, ValueError) as error:
                self.complain(key, error.what if isinstance(error, UsageError) else str(error))
                value = default
        self._found(key, format_duration(value), source)
        return value

    def whole(self, key: str, default: int, *, most: int) -> int:
        written, source = self._written(key)
        value = default if written is None else _whole_number(written)
        if value is None or not 1 <= value <= most:
            self.complain(key, f"must be a whole number from 1 to {most}")
            value = default
        self._found(key, str(value), source)
        return value

    def user_agent(self) -> str | None:
        key = "crawler.user_agent"
        written, source = self._written(key)
        if written is None:
            self._found(key, "", source)
            return None
        if (
            not isinstance(written, str)
            or not written.strip()
            or not (written.isascii() and written.isprintable())
        ):
            self.complain(key, "must be a line of printable ASCII characters")
            return None
        self._found(key, written, source)
        return written

    def complain(self, key: str, message: str, example: str | None = None) -> None:
        """Note what is wrong with a setting, naming the place that it came from."""
        source = self._written(key)[1]
        in_file = self._file is not None and source == str(self._file)
        self.complaints.append(
            Complaint(source, None, key if in_file else "", message, example=example or _EXAMPLES[key])
        )

    def complain_of_unknown_keys(self) -> None:
        for key in self._values:
            if key not in _EXAMPLES:
                near = _nearest(key, list(_EXAMPLES))
                message = "unknown key" if near else f"unknown key; known are: {', '.join(_EXAMPLES)}"
                example = _EXAMPLES[near] if near else None
                self.complaints.append(Complaint(str(self._file), None, key, message, near, example))
        known = [variable_of(key) for key in _EXAMPLES]
        for name in sorted(self._environment):
            # Only what looks like a slip: other programs may use the prefix for variables of their own.
            if name.startswith(PREFIX) and name not in known and (near := _nearest(name, known)):
                self.complaints.append(Complaint(name, None, "", "unknown variable", near))

    def _written(self, key: str) -> tuple[object, str]:
        """The setting as written, None where it is nowhere, and the place."""
        variable = variable_of(key)
        if key == "database" and self._flag is not None:
            return self._flag, "--database"
        if self._environment.get(variable):
            return self._environment[variable], variable
        if key in self._values:
            return self._values[key], str(self._file)
        return None, "default"

    def _found(self, key: str, value: str, source: str) -> None:
        self._origins.append(Origin(key, value, source, variable_of(key)))

    def _flattened(self, file: Path) -> dict[str, object]:
        """The file's values by path."""
        import tomllib  # noqa: PLC0415 - most commands run without a file

        try:
            tables = tomllib.loads(file.read_bytes().decode())
        except (OSError, ValueError) as error:
            self.complaints.append(Complaint(str(file), None, "", f"cannot be read ({error})"))
            return {}
        values: dict[str, object] = {}
        for name, value in tables.items():
            if isinstance(value, dict) and name in _SECTIONS:
                values |= {f"{name}.{key}": inner for key, inner in value.items()}
            else:
                values[name] = value
        return values


def _nearest(name: str, known: list[str]) -> str | None:
    near = get_close_matches(name[:100], known, n=1, cutoff=0.7)
    if near:
        return near[0]
    return next((key for key in known if key.endswith(f".{name}")), None)


def _whole_number(written: object) -> int | None:
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    if isinstance(written, str) and re.fullmatch(r"[0-9]{1,9}", written):
        return int(written)
    return None


def _default_database() -> Path:
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed where a database is named

    return user_data_path("quaero") / "quaero.db"


def _database_path(written: object, base: Path) -> Path:
    """The file of a database URL; `ValueError` says what is wrong with it."""
    if not isinstance(written, str):
        raise ValueError("must be a text")  # noqa: TRY004 - a complaint about the file, not a fault of the caller
    url = masked(written)
    if written.startswith(("postgresql://", "postgres://")):
        raise ValueError(f"{url} cannot be opened: this version keeps its data in SQLite only")
    scheme, separator, path = written.partition(":///")
    if scheme != "sqlite" or not separator:
        shown = f"; for this file write sqlite:///{base / written}" if written and ":" not in written else ""
        raise ValueError(f"{url!r} is not a database URL{shown}")
    if not path or path.endswith("/"):
        raise ValueError(f"{url!r} names no file")
    file = base / path
    if not path.startswith("/") and not file.parent.is_dir() and Path(f"/{path}").parent.is_dir():
        raise ValueError(
            f"there is no folder {file.parent}; an absolute path has four slashes: sqlite:////{path}"
        )
    if file.is_dir():
        raise ValueError(f"{file} is a folder; name a file in it")
    return file
