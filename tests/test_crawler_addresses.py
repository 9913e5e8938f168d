"""The address guard: nothing but the platform's own hosts at public addresses is reached."""

import ipaddress
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from crawler.addresses import AddressRule, GuardedResolver, as_ip, is_public
from crawler.check import CheckNotebook
from crawler.engine import settings_for
from crawler.fetching import Run
from crawler.options import CrawlOptions
from crawler.progress import Progress
from data.home import HomeKind
from data.platforms import parse_platform
from tests.crawling import PLATFORM

RULE = AddressRule(hosts=frozenset({"shop.example", "img.example:8443"}))
LOCAL = AddressRule(
    hosts=frozenset({"127.0.0.1:8801"}), local=frozenset({"127.0.0.1:8801", "[::1]:8801"})
)

PRIVATE = """127.0.0.1 127.8.9.1 10.0.0.1 172.16.3.4 192.168.0.1 169.254.169.254 0.0.0.0 100.64.0.1
    198.18.0.1 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    2002:7f00:1:: 64:ff9b::7f00:1 ff02::1 fec0::1 ::7f00:1 ::ffff:0:7f00:1
    64:ff9b:1::7f00:1""".split()  # noqa: SIM905


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known_in_every_wrapping(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "spelling", ["2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.0.0.1", "[::1]"]
)
def test_numbers_that_mean_loopback_are_read_as_such(spelling):
    found = as_ip(spelling)
    assert found is not None
    assert found.is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/item/1",
        "http://SHOP.example/item/1",
        "https://shop.example:443/",
        "https://img.example:8443/a.jpg",
    ],
)
def test_the_platforms_own_hosts_may_be_asked(url):
    assert RULE.why_not(url) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/", "private address"),
        ("http://2130706433/", "private address"),
        ("http://[::ffff:169.254.169.254]/", "private address"),
        ("http://shop.example:22/", "not among"),
        ("http://img.example/", "not among"),
        ("http://shop.example.evil.example/", "not among"),
        ("http://shop.example@10.0.0.1/", "without a user name"),
        ("file:///etc/passwd", "only plain http"),
        ("ftp://shop.example/", "only plain http"),
        ("http://[::1/", "no address"),
        ("http://shop.example:99999/", "no address"),
    ],
)
def test_everything_else_is_refused_with_a_reason(url, why):
    assert why in RULE.why_not(url)


def test_a_local_platform_is_only_its_own_port():
    assert LOCAL.why_not("http://127.0.0.1:8801/") == ""
    assert LOCAL.why_not("http://[::1]:8801/") == ""
    assert "private" in LOCAL.why_not("http://127.0.0.1:8802/")
    assert "private" in LOCAL.why_not("http://127.0.0.2:8801/")


def test_local_counts_in_demo_and_test_homes_only():
    platform = parse_platform(
        PLATFORM.format(id="a", address="127.0.0.1:9", top="", lists="", rest="")
    )
    assert AddressRule.of(platform, HomeKind.TEST).why_not("http://127.0.0.1:9/") == ""
    assert AddressRule.of(platform, HomeKind.DEMO).why_not("http://127.0.0.1:9/") == ""
    assert "private" in AddressRule.of(platform, HomeKind.REAL).why_not("http://127.0.0.1:9/")


class Names:
    """A resolver that answers from a table."""

    table = {  # noqa: RUF012
        "good.example": ["93.184.216.34"],
        "rebound.example": ["127.0.0.1"],
        "mixed.example": ["10.0.0.1", "93.184.216.34"],
        "six.example": ["::ffff:127.0.0.1"],
        "127.0.0.1": ["127.0.0.1"],
    }

    def resolveHostName(self, receiver: Any, host: str, port: int, *_: Any) -> None:  # noqa: N802
        receiver.resolutionBegan(self)
        for address in self.table[host.lower()]:
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()


class Heard:
    """Collects what a resolver hands on."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def resolutionBegan(self, _: Any) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        pass


@pytest.mark.parametrize(
    ("host", "port", "handed_on"),
    [
        ("good.example", 443, ["93.184.216.34"]),
        ("REBOUND.example", 80, []),
        ("rebound.example", 8801, []),
        ("mixed.example", 80, ["93.184.216.34"]),
        ("six.example", 80, []),
        ("127.0.0.1", 8801, ["127.0.0.1"]),
        ("127.0.0.1", 8802, []),
    ],
)
def test_the_resolver_hands_on_only_what_may_be_connected_to(host, port, handed_on):
    class Reactor:
        nameResolver = Names()  # noqa: N815

    rule = AddressRule(hosts=LOCAL.hosts, local=LOCAL.local)
    heard = Heard()
    GuardedResolver(Reactor(), rule).resolveHostName(heard, host, port)
    assert heard.addresses == handed_on
    assert (host.lower() in rule.refused) == (len(handed_on) < len(Names.table[host.lower()]))


@pytest.mark.parametrize(
    ("home", "hosts", "is_hurried"),
    [
        (HomeKind.TEST, "", True),
        (HomeKind.REAL, "", False),
        (HomeKind.TEST, 'hosts = ["shop.example"]', False),
    ],
)
def test_only_a_wholly_local_platform_is_asked_without_delay(home, hosts, is_hurried):
    platform = parse_platform(
        PLATFORM.format(id="a", address="127.0.0.1:9", top=hosts, lists="", rest="")
    )
    run = Run(
        platform=platform,
        options=CrawlOptions(contact="team@example.org"),
        rule=AddressRule.of(platform, home),
        progress=Progress(),
        recorder=CheckNotebook(),
        evidence=None,
    )
    found = settings_for(run)
    assert (found["DOWNLOAD_DELAY"] == 0) is is_hurried
    assert (found["CONCURRENT_REQUESTS"] > 1) is is_hurried
