"""The settings of the web pages."""

import re
from functools import partial
from ipaddress import ip_address
from typing import Final

from quaero.settings.reading import Reading
from quaero.settings.urls import HIDDEN
from quaero.settings.values import WebSettings
from quaero.settings.written import whole_number

EXAMPLES: Final = {
    "web.host": 'host = "127.0.0.1"',
    "web.port": "port = 8085",
    "web.hosts": 'hosts = "quaero.example.org"',
    "web.base_path": 'base_path = "/quaero"',
    "web.trusted_proxies": 'trusted_proxies = "127.0.0.1"',
    "web.token": "QUAERO_WEB_TOKEN=…",
}
LEAST_TOKEN: Final = 16
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){0,8}/?")
_TOKEN = re.compile(rf"[A-Za-z0-9._~-]{{{LEAST_TOKEN},256}}")


def read_web(reading: Reading) -> WebSettings:
    """The settings of the pages; the token is taken from the environment only."""
    default = WebSettings()
    if reading.from_file("web.token"):
        reading.complain("web.token", "a token does not belong into a file; set its variable")
    return WebSettings(
        reading.take("web.host", lambda: default.host, _host),
        reading.take("web.port", lambda: default.port, partial(whole_number, most=65_535)),
        reading.take("web.hosts", lambda: default.hosts, _hosts, ", ".join),
        reading.take("web.base_path", lambda: default.base_path, _base_path),
        reading.take("web.trusted_proxies", lambda: default.trusted_proxies, _addresses, ", ".join),
        reading.take("web.token", lambda: "", _token, lambda token: HIDDEN if token else ""),
    )


def _host(written: object) -> str:
    if not isinstance(written, str) or not _HOST.fullmatch(written):
        raise ValueError("must be an address of this machine, such as 127.0.0.1, or a name of it")
    return written


def _hosts(written: object) -> tuple[str, ...]:
    names = (
        tuple(name.strip() for name in written.split(",") if name.strip()) if isinstance(written, str) else ()
    )
    if not isinstance(written, str) or not all(_HOST.fullmatch(name) for name in names):
        raise ValueError("must be names of hosts, separated by commas")
    return names


def _addresses(written: object) -> tuple[str, ...]:
    names = written.split(",") if isinstance(written, str) else ["?"]
    try:
        return tuple(str(ip_address(name.strip())) for name in names if name.strip())
    except ValueError:
        raise ValueError("must be IP addresses, separated by commas") from None


def _base_path(written: object) -> str:
    if not isinstance(written, str) or not _BASE_PATH.fullmatch(written):
        raise ValueError("must be a path such as /quaero")
    return written.rstrip("/")


def _token(written: object) -> str:
    if not isinstance(written, str) or not _TOKEN.fullmatch(written):
        raise ValueError(
            f"must be at least {LEAST_TOKEN} letters, digits, dots, dashes, underscores or tildes"
        )
    return written
