"""What a forked child must not share with its parent: connections to the database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakSet

import psycopg


class Forkable(Protocol):
    """What has connections."""

    def start_anew(self) -> None:
        """Forgets connections, in the child, before anything else of it runs."""
        ...


_known: WeakSet[Forkable] = WeakSet()
_abandoned: list[psycopg.BaseConnection[Any]] = []
"""Never destroyed: to close one would tell the server that the parent has gone."""


def anew_in_children(thing: Forkable) -> None:
    """Makes `thing` start anew in every child that is forked from now on. Until then nothing is spent on it."""
    _known.add(thing)


def abandon(connections: Iterable[psycopg.BaseConnection[Any]]) -> None:
    """Lets go of connections of the parent's without a word to the server."""
    for connection in connections:
        _abandoned.append(connection)
        with suppress(OSError, psycopg.Error):
            os.close(connection.fileno())


def _start_anew() -> None:
    for thing in list(_known):
        thing.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
