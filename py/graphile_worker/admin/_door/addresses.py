"""Addresses: which are this machine's, and which names a request may call it by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ..._basis.errors import InvalidArgument

# A proxy on this machine is not the person who sits at it.
FORWARDED = frozenset(
    {
        b"forwarded",
        b"forwarded-for",
        b"x-forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-forwarded-server",
        b"x-original-forwarded-for",
        b"x-real-ip",
        b"x-client-ip",
        b"x-cluster-client-ip",
        b"x-envoy-external-address",
        b"cf-connecting-ip",
        b"true-client-ip",
        b"via",
    }
)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]/@\s]+))(?::\d{1,5})?")


def is_loopback(host: str) -> bool:
    """Tells whether only this machine can reach the address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("example.com")
    (True, True, False, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def client_group(host: str | None) -> str:
    """Returns what counts as one client: an address, or the /64 of an IPv6 address, all of which one person has.

    >>> client_group("2001:db8::7"), client_group("192.0.2.1"), client_group(None)
    ('2001:db8::/64', '192.0.2.1', 'local')
    """
    if host is None:
        return "local"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)


Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(addresses: Iterable[str]) -> Networks:
    """Parses addresses and networks of proxies. Raises InvalidArgument."""
    try:
        return tuple(ip_network(address, strict=False) for address in addresses)
    except ValueError as error:
        raise InvalidArgument(
            f"bad address of a proxy: {error}", hint="It is an IP address or a network, 10.0.0.0/8"
        ) from None


def true_client(peer: str | None, forwarded_for: Iterable[str], trusted: Networks) -> str | None:
    """Returns the client behind the proxies that are trusted: the last address that none of them has.

    Each proxy adds the address that it was called from at the end, so only what trusted ones have added is believed.

    >>> proxies = networks(["127.0.0.1", "10.0.0.0/8"])
    >>> true_client("127.0.0.1", ["198.51.100.9, 192.0.2.1", "10.0.0.7"], proxies)
    '192.0.2.1'
    >>> true_client("192.0.2.66", ["198.51.100.9"], proxies)
    '192.0.2.66'
    """
    hops = [hop.strip() for line in forwarded_for for hop in line.split(",")]
    client = peer
    while hops and client is not None and (known := _address(client)) and any(known in network for network in trusted):
        hop = _address(hops.pop())
        if hop is None:
            # What is no address is from nobody we know.
            break
        client = str(hop)
    return client


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Parses an address, perhaps with a port or in brackets; None when it is none."""
    for form in (text, host_name(text)):
        try:
            address = ip_address(form or "")
        except ValueError:
            continue
        return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    return None


def host_name(header: str) -> str | None:
    """Returns the name in a Host header, without its port; None when it is none.

    >>> host_name("[::1]:5678"), host_name("LOCALHOST"), host_name("a@b"), host_name("")
    ('::1', 'localhost', None, None)
    """
    match = _HOST.fullmatch(header)
    return (match["v6"] or match["name"]).lower().rstrip(".") if match else None


def known_hosts(names: Iterable[str]) -> frozenset[str]:
    """Returns names as host_name returns them, whether given with a port, in brackets, or plain."""
    return frozenset(host_name(name) or name.lower() for name in names)
