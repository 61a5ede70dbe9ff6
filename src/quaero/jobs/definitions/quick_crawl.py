"""The definition of a quick crawl, made of a URL and a few options."""

import json
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quaero.crawler.addresses import is_literal, refusal_of_text
from quaero.crawler.hosts import normal_host
from quaero.models.definition import Complaint, JobDefinition, JobStep
from quaero.models.errors import UsageError
from quaero.models.placeholders import literal
from quaero.models.toml_writer import ConfigValue
from quaero.store.transitions.definitions import NewDefinition

if TYPE_CHECKING:
    from quaero.jobs.control import Control

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_SLUG = 60


class InvalidOptions(UsageError):
    """Options that make no crawl. `complaints`: everything wrong with them, in the words of who gave them."""

    code = "invalid_options"

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__(" | ".join(each.line_text() for each in complaints))


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What a person may say of a quick crawl; None and empty: not given."""

    urls: tuple[str, ...]
    max_pages: int
    max_depth: int
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    concurrency: int | None = None
    tags: tuple[str, ...] = ()
    timeout_ms: int | None = None
    ignore_robots: bool = False
    user_agent: str | None = None
    auth: str | None = None


def crawl_definition(options: CrawlOptions) -> JobDefinition:
    """A definition with one crawl step; the same URLs and options make the same id."""
    config = _config(options)
    host = _host_of(options.urls[0])
    named = [] if options.auth is None else [options.auth]
    key = json.dumps([config, options.tags, options.timeout_ms, *named], sort_keys=True)
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:_LONGEST_SLUG]
    more = f" and {len(options.urls) - 1} more" if len(options.urls) > 1 else ""
    return JobDefinition(
        id=f"crawl-{slug}-{digest}",
        name=f"Crawl of {host}{more}",
        steps=(JobStep("crawl", "crawl", config),),
        tags=options.tags,
        timeout_ms=options.timeout_ms,
        auth=options.auth,
    )


async def quick_crawl(control: "Control", options: CrawlOptions) -> NewDefinition:
    """The definition, ready to be kept; `InvalidDefinition` with what is wrong with the options."""
    toml = crawl_definition(options).to_toml()
    return NewDefinition(await control.read(toml, file=""), toml, "quick")


def option_of(complaint: Complaint) -> str:
    """The key of the step that a complaint is about: `steps[0].config.include_patterns[0]` → `include_patterns`."""
    return re.sub(r"\[\d+\]$", "", complaint.key).rpartition(".")[2]


def private_endpoint(url: str) -> str | None:
    """`host:port` of a URL whose host is written as an address of a private network or of this machine."""
    address = urlsplit(url)
    host = normal_host(f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname or "")
    if host is None:
        return None
    literal = host.strip("[]")
    local = literal == "localhost" or literal.endswith(".localhost")
    if local or (is_literal(literal) and refusal_of_text(literal) is not None):
        return f"{host}:{address.port or _DEFAULT_PORTS[address.scheme]}"
    return None


def _config(options: CrawlOptions) -> dict[str, ConfigValue]:
    private = [endpoint for url in options.urls if (endpoint := _checked(url)) is not None]
    given: dict[str, ConfigValue | None] = {
        "start_urls": list(options.urls),
        "max_depth": options.max_depth,
        "max_pages": options.max_pages,
        "include_patterns": list(options.include) or None,
        "exclude_patterns": list(options.exclude) or None,
        "concurrency": options.concurrency,
        "respect_robots": False if options.ignore_robots else None,
        "user_agent": options.user_agent,
        "allow_private": list(dict.fromkeys(private)) or None,
    }
    return {key: _as_given(value) for key, value in given.items() if value is not None}


def _as_given(value: ConfigValue) -> ConfigValue:
    """The value with its texts as they are: no part of a URL or pattern is a placeholder."""
    if isinstance(value, list):
        return [_as_given(item) for item in value]
    return literal(value) if isinstance(value, str) else value


def _checked(url: str) -> str | None:
    """The private endpoint of a URL; `UsageError` if it is no URL of a page."""
    try:
        address = urlsplit(url)
        if address.scheme in _DEFAULT_PORTS and address.hostname:
            return private_endpoint(url)
    except ValueError:
        pass
    looks_bare = "://" not in url and not url.startswith("/")
    remedy = f"Write it in full: https://{url}" if looks_bare else "It must begin with http:// or https://"
    raise UsageError("is not the URL of a page", where=url, remedy=remedy)


def _host_of(url: str) -> str:
    address = urlsplit(url)
    return address.netloc.rpartition("@")[2]
