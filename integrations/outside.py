"""Which addresses of the outside may be called: public ones, and of private ones only those that are listed.

(pure) Whoever may type an address into a page could otherwise make this service call what only it can reach: its own
database, the video host's control port, a cloud's metadata.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_CARRIES_IPV4 = tuple(
    ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
LONGEST = 500


class WrongUrl(ValueError):
    """An address that is not called: ``code`` as field errors have it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def is_public(address: Address) -> bool:
    """Whether an address is everybody's: not private, local, multicast or reserved, nor IPv4 in disguise."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _CARRIES_IPV4):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(frozen=True)
class Allowed:
    """What may be called beside public addresses by https: ``hosts`` by name (also by http, also inside the house's
    networks, never this machine), ``networks`` by address."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Collection[str]) -> Allowed:
        """From the configuration's list: networks, single addresses and names mixed. ValueError for anything else."""
        hosts, networks = set(), []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                name = entry.strip().lower().rstrip(".")
                if not name or not all(part.replace("-", "a").isalnum() and part.isascii() for part in name.split(".")):
                    raise
                hosts.add(name)
        return cls(frozenset(hosts), tuple(networks))

    def may_call(self, host: str, address: Address) -> bool:
        """Whether a name that resolves to ``address`` may be called."""
        inner = getattr(address, "ipv4_mapped", None) or address
        if any(inner in network for network in self.networks):
            return True
        if host.lower().rstrip(".") in self.hosts:
            return not (inner.is_loopback or inner.is_link_local or inner.is_unspecified or inner.is_multicast)
        return is_public(address)

    def lists(self, host: str) -> bool:
        """Whether a host is named in the list, by name or as an address in one of its networks."""
        if host.lower().rstrip(".") in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def check(self, url: str) -> str:
        """The address as it is called. Raises WrongUrl: not a plain http(s) address, http to a host that is not listed,
        or an address of a private network written out. What a name resolves to is looked at when it is called."""
        parts = _parts(url)
        host = parts.hostname or ""
        if parts.scheme == "http" and not self.lists(host):
            raise WrongUrl("https_wanted")
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            if (host == "localhost" or host.endswith(".localhost")) and not self.lists(host):
                raise WrongUrl("private_address") from None
            return url
        if not self.may_call(host, literal):
            raise WrongUrl("private_address")
        return url


def _parts(url: str) -> SplitResult:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\"<>#@'):
        raise WrongUrl("not_an_address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise WrongUrl("not_an_address") from problem
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise WrongUrl("not_an_address")
    return parts
