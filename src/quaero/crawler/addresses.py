"""Which network addresses a crawl may reach.

Pages of strangers choose where links and redirects point, so an address inside the reader's own network is
refused unless the definition names that host and port.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Self

IPAddress = IPv4Address | IPv6Address

_DEFAULT_PORTS = (80, 443)

# A host name, an IPv4 literal or a bracketed IPv6 literal, with or without a port.
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d{1,5}))?")

# Spelled out rather than left to `is_global`, whose answer differs between interpreter versions.
_REFUSED_V4 = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("169.254.169.254/32", "cloud metadata"),
        ("168.63.129.16/32", "cloud metadata"),
        ("100.100.100.200/32", "cloud metadata"),
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared carrier"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

# The forms that carry an IPv4 address inside are refused whole: they have no use for a crawl but to hide one.
_REFUSED_V6 = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("fd00:ec2::254/128", "cloud metadata"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")


def refusal(address: IPAddress) -> str | None:
    """The kind of an address that no stranger may lead a crawl to (`"loopback"`); None if it is public."""
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _REFUSED_V4 if address in network), None)
    for network, kind in _REFUSED_V6:
        if address in network:
            return kind
    return None if address in _GLOBAL_V6 else "reserved"


def refusal_of_text(literal: str) -> str | None:
    """The same for an address in writing; anything but a canonical address without a zone is refused."""
    if "%" in literal:
        return "zoned"
    try:
        return refusal(ip_address(literal))
    except ValueError:
        return "malformed"


def is_literal(host: str) -> bool:
    """Whether `host` (without brackets) is dialled as it stands, without a look-up.

    Wider than "is a valid address" on purpose: `2130706433` and `127.1` reach a machine as well.
    """
    return ":" in host or host.replace(".", "").isdigit()


@dataclass(frozen=True, slots=True)
class PrivateHosts:
    """The hosts and ports that a definition allows by name, whatever their address is."""

    endpoints: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def parse(cls, entries: frozenset[str]) -> Self:
        """Read entries `host:port` or `host` (ports 80 and 443).

        An IPv6 literal with a port stands in brackets. Raises ValueError naming the entry that is neither.
        """
        return cls(frozenset(endpoint for entry in entries for endpoint in _endpoints(entry)))

    def allow(self, host: str, port: int) -> bool:
        """Whether `host` (a name or a literal without brackets) may be reached at `port` unjudged."""
        return (_plain_host(host), port) in self.endpoints


def _endpoints(entry: str) -> list[tuple[str, int]]:
    if entry.count(":") > 1 and not entry.startswith("["):
        return [(_plain_host(entry), port) for port in _DEFAULT_PORTS]
    match = _HOST_AND_PORT.fullmatch(entry.strip())
    if match is None or int(match["port"] or 0) > 65535:
        raise ValueError(f'"{entry}" is not a host or a host:port')
    ports = (int(match["port"]),) if match["port"] else _DEFAULT_PORTS
    return [(_plain_host(match["host"]), port) for port in ports]


def _plain_host(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
