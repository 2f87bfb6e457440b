"""Addresses: which are this machine's, who is behind proxies, and what a Host header names."""

from __future__ import annotations

import pytest

from graphile_worker import InvalidArgument
from graphile_worker.admin._door.addresses import (
    client_group,
    host_name,
    is_loopback,
    known_hosts,
    networks,
    true_client,
)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.1", "::ffff:192.0.2.1", "localhost.example.com", "127.1"]
)
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "group"),
    [
        (None, "local"),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:ffff::7", "2001:db8:0:1::/64"),
        ("testclient", "testclient"),
    ],
)
def test_who_counts_as_one(host: str | None, group: str) -> None:
    assert client_group(host) == group


PROXIES = networks(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        # A stranger's header is his own invention.
        ("192.0.2.66", ["198.51.100.9"], "192.0.2.66"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        # What stands before the first untrusted address, from behind, is invented too.
        ("127.0.0.1", ["203.0.113.1, 198.51.100.9", "10.0.0.7"], "198.51.100.9"),
        ("::ffff:10.1.2.3", ["198.51.100.9:4711"], "198.51.100.9"),
        ("fd00::1", ["[2001:db8::7]:80"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        (None, ["198.51.100.9"], None),
    ],
)
def test_who_is_behind_the_proxies(peer: str | None, forwarded_for: list[str], client: str | None) -> None:
    assert true_client(peer, forwarded_for, PROXIES) == client


@pytest.mark.parametrize("address", ["nobody", "10.0.0.0/33", "", "localhost"])
def test_what_is_no_address_of_a_proxy(address: str) -> None:
    with pytest.raises(InvalidArgument, match="bad address of a proxy"):
        networks([address])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost.:5678", "localhost"),
        ("[::1]:5678", "::1"),
        ("::1", None),
        ("user@host", None),
        ("a b", None),
        ("a/b", None),
        ("a:b", None),
        ("a:123456", None),
        ("", None),
    ],
)
def test_names_in_host_headers(header: str, name: str | None) -> None:
    assert host_name(header) == name


def test_names_that_are_allowed_may_be_given_in_any_form() -> None:
    assert known_hosts(["Queue.example.com:443", "[::1]", "::1"]) == {"queue.example.com", "::1"}
