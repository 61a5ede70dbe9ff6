"""The language model that a definition chooses, and all that it says about it."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit

from quaero.agents import LOCAL
from quaero.agents.models.prices import Price
from quaero.agents.models.providers import EXTRA, PROVIDERS, Provider

EXAMPLE = 'model = "openai-compatible:qwen3:8b"'


class WrongModel(ValueError):
    """A model cannot be used as it is written. `nearest`: what was probably meant."""

    def __init__(self, what: str, nearest: str | None = None) -> None:
        self.nearest = nearest
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """`name` is the provider's own name of the model. Limits hold for the step in one run, over all processes.

    `auth` names stored credentials with the key. `requests_per_minute`: None is as many as there are jobs.
    `max_tokens` counts what goes in and what comes out, `max_cost` is in dollars. `max_answer`: tokens of one answer,
    with what the model thinks. `max_text`: characters of a document. `price` replaces that of the list. `cache`:
    answers that were given before are taken.
    """

    provider: Provider
    name: str
    base_url: str
    auth: str | None = None
    requests_per_minute: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    max_answer: int = 4_096
    max_text: int = 50_000
    timeout_ms: int = 60_000
    price: Price | None = None
    cache: bool = True

    def __str__(self) -> str:
        return f"{self.provider.name}:{self.name}"

    @property
    def origin(self) -> str:
        """Scheme, host and port of all requests."""
        return origin_of(self.base_url)

    @property
    def interval_ms(self) -> int:
        """The time between two requests."""
        return 0 if self.requests_per_minute is None else math.ceil(60_000 / self.requests_per_minute)


def provider_and_name(model: str) -> tuple[Provider, str]:
    """The parts of `provider:name`; `WrongModel`."""
    word, colon, name = model.partition(":")
    provider = PROVIDERS.get(word)
    if provider is None:
        near = get_close_matches(word, [*PROVIDERS, LOCAL], 1)
        known = ", ".join(f'"{each}:NAME"' for each in PROVIDERS)
        raise WrongModel(f'{model!r} is no model: it is "local" or one of {known}', near[0] if near else None)
    if not colon or not name or not name.isprintable() or name != name.strip() or len(name) > 200:
        raise WrongModel(f'{model!r} does not name a model: write "{word}:NAME"')
    if (package := provider.missing_package()) is not None:
        raise WrongModel(f"{model!r} needs the package {package}, which is not installed: {EXTRA}")
    return provider, name


def checked_base_url(provider: Provider, base_url: str | None) -> str:
    """Where requests go, without a slash at its end; `WrongModel`."""
    if base_url is None:
        if provider.base_url is None:
            raise WrongModel(f"a model of {provider.name} needs the base_url of its server")
        return provider.base_url
    try:
        parts = urlsplit(base_url)
        port_is_good = parts.port != 0
    except ValueError:
        raise WrongModel(f"{base_url!r} is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_good:
        raise WrongModel(f"{base_url!r} is no http or https URL")
    if parts.username is not None or parts.password is not None:
        raise WrongModel("the base_url holds a user or password; store credentials and name them in auth")
    if (
        parts.query
        or parts.fragment
        or not base_url.isascii()
        or not base_url.isprintable()
        or " " in base_url
    ):
        raise WrongModel(f"{base_url!r} is more than scheme, host, port and path")
    return base_url.rstrip("/")


def origin_of(url: str) -> str:
    """`https://host`, with the port unless it is the scheme's own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    own = {"http": 80, "https": 443}[parts.scheme]
    return (
        f"{parts.scheme}://{host}" if parts.port in (None, own) else f"{parts.scheme}://{host}:{parts.port}"
    )


def may_carry_key(base_url: str) -> bool:
    """Whether nobody on the way can read a key: it is encrypted, or does not leave the machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
