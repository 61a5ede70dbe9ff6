"""The settings as values."""

from dataclasses import dataclass, field

from quaero.models.definition import Complaint
from quaero.models.errors import UsageError
from quaero.settings.urls import DatabaseUrl


class SettingsError(UsageError):
    """Settings that cannot be used; `complaints` holds everything that is wrong."""

    code = "invalid_settings"

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__(" | ".join(complaint.line_text() for complaint in complaints))


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """`concurrency`: jobs that one process executes at once. Times in milliseconds.

    `max_lost_leases`: how often a job may lose its worker before it counts as what kills them. `max_log_lines`:
    log lines that are stored of one execution. `grace_ms`: how long work that is told to stop may take to do so.
    """

    concurrency: int = 200
    lease_ms: int = 60_000
    heartbeat_ms: int = 20_000
    max_lost_leases: int = 10
    max_log_lines: int = 1_000
    grace_ms: int = 10_000


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long what has become old is kept, in milliseconds; None: for ever.

    `runs`: a whole run that has ended with its jobs, not its documents. `events`, `logs`: its events, its log lines.
    `versions`: what a definition was before it was changed. `document_versions`: the same of a document.
    `answers`: what services answered. `budgets`: what was spent on something, since it was last changed, and the
    paces of services. `audit`: the record of what was changed through the pages and the API.
    """

    runs_ms: int | None = None
    events_ms: int | None = None
    logs_ms: int | None = None
    versions_ms: int | None = None
    answers_ms: int | None = None
    budgets_ms: int | None = None
    document_versions_ms: int | None = None
    audit_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CrawlerSettings:
    """`user_agent`: what `quaero crawl` says it is; empty: the crawl step's default."""

    user_agent: str = ""


PUBLIC_NOMINATIM = "https://nominatim.openstreetmap.org"
PUBLIC_OVERPASS = "https://overpass-api.de"
GOOGLE_PLACES = "https://places.googleapis.com"


@dataclass(frozen=True, slots=True)
class PlacesSettings:
    """Where services for places are, without a slash at the end, and how they are asked.

    `pause_ms`: between two requests of all processes to Nominatim or Overpass; see `pause_of`. `user_agent`: what a
    search says it is; empty: the program's name. `google_key`: empty where none is set.
    """

    nominatim_url: str = PUBLIC_NOMINATIM
    overpass_url: str = PUBLIC_OVERPASS
    google_url: str = GOOGLE_PLACES
    pause_ms: int = 1_000
    user_agent: str = ""
    google_key: str = field(default="", repr=False)

    def pause_of(self, url: str) -> int:
        """Milliseconds; the public servers are asked once a second at the most, whatever is set.

        A tenth more is for requests that leave late: who has the next turn does not wait for them.
        """
        return max(self.pause_ms, 1_100) if url in (PUBLIC_NOMINATIM, PUBLIC_OVERPASS) else self.pause_ms


@dataclass(frozen=True, slots=True)
class PostgresSettings:
    """How a PostgreSQL database is reached beside its URL.

    `listen`: the whole URL of the connection that listens and holds the lock of this process; empty: the database's.
    `pooled`: a transaction-mode pooler lies between, so nothing may be kept in a session. `connections`: how many of
    them one process writes with, at the most.
    """

    listen: str = field(default="", repr=False)  # it may hold a password
    pooled: bool = False
    connections: int = 4


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where `quaero serve` shows its pages.

    `base_path`: the path under which a proxy shows them, without a slash at its end. `trusted_proxies`: addresses of
    proxies that say truly whom they speak for.
    `token`: what a caller must show; empty: one that is kept beside the key of the credentials. `hosts`: names, beside
    the address itself, by which a browser may ask for the pages: those that a proxy passes on.
    """

    host: str = "127.0.0.1"
    port: int = 8085
    hosts: tuple[str, ...] = ()
    base_path: str = ""
    trusted_proxies: tuple[str, ...] = ()
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What a server or worker writes on standard error. `format`: "text", for people, or "json", a line each."""

    level: str = "warning"
    format: str = "text"


@dataclass(frozen=True, slots=True)
class Origin:
    """A setting as people see it: its value in writing, and the flag, variable or file that it comes from.

    `variable` is the environment variable that would set it, `example` a line that would.
    """

    key: str
    value: str
    source: str
    variable: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """`origins` tells where each value came from, in the order in which settings are shown."""

    database: DatabaseUrl
    queue: QueueSettings = field(default_factory=QueueSettings)
    crawler: CrawlerSettings = field(default_factory=CrawlerSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    postgres: PostgresSettings = field(default_factory=PostgresSettings)
    places: PlacesSettings = field(default_factory=PlacesSettings)
    web: WebSettings = field(default_factory=WebSettings)
    log: LogSettings = field(default_factory=LogSettings)
    origins: tuple[Origin, ...] = ()
