from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.crawler.addresses import PrivateHosts, is_literal, refusal, refusal_of_text


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.9", "unspecified"),
        ("10.1.2.3", "private"),
        ("100.64.0.1", "shared carrier"),
        ("127.8.8.8", "loopback"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "cloud metadata"),
        ("168.63.129.16", "cloud metadata"),
        ("100.100.100.200", "cloud metadata"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("192.88.99.1", "6to4 relay"),
        ("198.19.0.1", "benchmarking"),
        ("203.0.113.9", "documentation"),
        ("239.1.1.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("64:ff9b::8.8.8.8", "NAT64"),
        ("64:ff9b:1::a00:1", "NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "cloud metadata"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "reserved"),
    ],
)
def test_an_address_that_strangers_must_not_reach_is_refused_by_its_kind(address: str, kind: str) -> None:
    assert refusal(ip_address(address)) == kind


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "169.253.9.9", "2606:4700::1111"])
def test_a_public_address_is_not_refused(address: str) -> None:
    assert refusal(ip_address(address)) is None


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_that_the_interpreter_calls_private_passes(address: IPv4Address) -> None:
    assert refusal(address) is not None or address.is_global


@given(st.integers(0, 2**32 - 1), st.sampled_from(["::ffff:0:0", "64:ff9b::", "::"]))
def test_no_ipv4_address_passes_inside_an_ipv6_one(embedded: int, prefix: str) -> None:
    assert refusal(IPv6Address(int(IPv6Address(prefix)) + embedded)) is not None


@pytest.mark.parametrize("text", ["2130706433", "127.1", "127.0.0.1.", "0177.0.0.1", "fe80::1%eth0", ""])
def test_a_literal_in_another_spelling_is_refused(text: str) -> None:
    assert refusal_of_text(text) is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "127.1", "::1", "1.2.3.4.5"])
def test_every_spelling_of_an_address_counts_as_a_literal(host: str) -> None:
    assert is_literal(host)


def test_a_name_is_not_a_literal() -> None:
    assert not is_literal("127.0.0.1.example.org")


def test_an_allowed_host_with_a_port_is_allowed_at_that_port_only() -> None:
    hosts = PrivateHosts.parse(frozenset({"Wiki.Intranet.:8443"}))
    assert hosts.allow("wiki.intranet", 8443)
    assert not hosts.allow("wiki.intranet", 443)
    assert not hosts.allow("other.intranet", 8443)


def test_an_allowed_host_without_a_port_means_the_two_default_ports() -> None:
    hosts = PrivateHosts.parse(frozenset({"wiki.intranet"}))
    assert [hosts.allow("wiki.intranet", port) for port in (80, 443, 8080)] == [True, True, False]


def test_an_ipv6_literal_can_be_allowed_with_and_without_a_port() -> None:
    hosts = PrivateHosts.parse(frozenset({"[::1]:8080", "fd00::5"}))
    assert hosts.allow("::1", 8080)
    assert hosts.allow("fd00::5", 443)
    assert not hosts.allow("::1", 80)


@pytest.mark.parametrize("entry", ["", "host:", "host:99999", "host:port", "http://host/", "[::1"])
def test_an_entry_that_is_no_host_is_named_in_the_error(entry: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        PrivateHosts.parse(frozenset({entry}))
