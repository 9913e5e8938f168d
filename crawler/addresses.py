"""Where the crawler may connect to: the platform's own hosts, at public addresses only.

An address is checked twice. The URL of every request and redirect is checked before it is asked
for; and the resolver hands the reactor only addresses that may be connected to, so a name that
resolves to a private address, at once or later, reaches nothing.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]

from data.home import HomeKind
from data.platform import Platform

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_DEFAULT_PORTS = {"http": 80, "https": 443}
SETTING = "FAUNAWATCH_ADDRESS_RULE"


def as_ip(host: str) -> IpAddress | None:
    """Return the address a host spells out, in any notation a resolver accepts; None for a name.

    >>> as_ip("2130706433"), as_ip("0x7f.1"), as_ip("example.org")
    (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), None)
    """
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def is_public(address: IpAddress) -> bool:
    """Tell whether an address belongs to the open internet, whatever it is wrapped in.

    >>> [is_public(ipaddress.ip_address(one)) for one in ("::ffff:10.0.0.1", "64:ff9b::7f00:1")]
    [False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        # Outside it lie site-local and translated addresses, which `is_global` lets through.
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


@dataclass(frozen=True)
class AddressRule:
    """Which addresses one run may reach."""

    hosts: frozenset[str]
    local: frozenset[str] = frozenset()
    refused: dict[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, platform: Platform, home: HomeKind) -> "AddressRule":
        """Make the rule of a platform; private addresses only in a demo or test home."""
        local = frozenset() if home is HomeKind.REAL else platform.local
        return cls(hosts=platform.hosts, local=local)

    def why_not(self, url: str) -> str:
        """Say why a URL may not be fetched; empty when it may."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return f"{url!r} is no address"
        if parts.scheme not in _DEFAULT_PORTS or parts.username is not None:
            return "only plain http and https addresses without a user name are fetched"
        default = _DEFAULT_PORTS[parts.scheme]
        return self._why_not_host(host, port or default, default)

    def _why_not_host(self, host: str, port: int, default: int) -> str:
        if _named(host, port) in self.local:
            return ""
        address = as_ip(host)
        if address is not None and not is_public(address):
            return f"{host} is a private address ({address}), asked only in a demo or test home"
        if _named(host, port) in self.hosts or (host in self.hosts and port == default):
            return ""
        return f"{_named(host, port)} is not among the platform's `hosts`; add it if it is theirs"

    def may_connect(self, host: str, port: int, address: str) -> bool:
        """Tell whether the resolved address of a host may be connected to; remember refusals."""
        ip = as_ip(address)
        if _named(host, port) in self.local or (ip is not None and is_public(ip)):
            return True
        self.refused[host] = address
        return False


def _named(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _PublicOnly:
    """Hands on those resolved addresses that may be connected to."""

    def __init__(self, receiver: Any, rule: AddressRule, host: str, port: int) -> None:  # noqa: ANN401
        self.receiver, self.rule, self.host, self.port = receiver, rule, host, port

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802
        """Hand on."""
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        """Hand on an address if it may be connected to."""
        if self.rule.may_connect(self.host, self.port, str(getattr(address, "host", ""))):
            self.receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        """Hand on."""
        self.receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """The reactor's resolver for one run: what it does not hand on cannot be connected to."""

    def __init__(self, reactor: Any, rule: AddressRule) -> None:  # noqa: ANN401
        self.reactor, self.rule = reactor, rule
        self.original = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> "GuardedResolver":  # noqa: ANN401
        """Make the resolver as Scrapy asks for it."""
        return cls(reactor, crawler.settings[SETTING])

    def install_on_reactor(self) -> None:
        """Become the only resolver of this process."""
        self.reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802
        self,
        receiver: Any,  # noqa: ANN401
        host: str,
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """Resolve a host, leaving out what may not be connected to."""
        guarded = _PublicOnly(receiver, self.rule, host.lower(), portNumber)
        resolution: IHostResolution = self.original.resolveHostName(
            guarded, host, portNumber, addressTypes, transportSemantics
        )
        return resolution
