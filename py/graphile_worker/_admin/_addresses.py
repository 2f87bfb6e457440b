"""Addresses: which are this machine's, and which names a request may call it by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address

# A proxy on this machine is not the person who sits at it.
FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]/@\s]+))(?::\d{1,5})?")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address.

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
    """Who counts as one client: an address, or the /64 of an IPv6 address, all of which one person has.

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


def host_name(header: str) -> str | None:
    """The name in a Host header, without its port; None when it is none.

    >>> host_name("[::1]:5678"), host_name("LOCALHOST"), host_name("a@b"), host_name("")
    ('::1', 'localhost', None, None)
    """
    match = _HOST.fullmatch(header)
    return (match["v6"] or match["name"]).lower().rstrip(".") if match else None


def known_hosts(names: Iterable[str]) -> frozenset[str]:
    """Names as host_name returns them, whether given with a port, in brackets, or plain."""
    return frozenset(host_name(name) or name.lower() for name in names)
