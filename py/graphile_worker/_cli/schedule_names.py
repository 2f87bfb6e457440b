"""The names of schedules: completed with the tab key, and those that were meant."""

from __future__ import annotations

import os
from contextlib import suppress
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile
from typing import NoReturn

import click
import psycopg
from click.shell_completion import CompletionItem

from .._basis.errors import GraphileWorkerError
from .._client.client import Client
from .failure import Failure
from .session import client
from .settings import Settings

_MOST = 200
"""Names that a shell is offered."""
_MOST_SIMILAR = 3
_COMPARED = 500
"""Names that one which there is not is compared with, those that begin like it first."""


def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Returns the schedules whose name begins so; none where the database can't be asked."""
    settings = ctx.ensure_object(Settings)
    # Nobody waits long for the tab key; and no server is started for it.
    if settings.embedded:
        return []
    os.environ.setdefault("PGCONNECT_TIMEOUT", "2")
    with suppress(Failure), client(settings, only_looks=True) as queue_client:
        found = queue_client.list_schedules(search=incomplete or None, limit=_MOST, tick_count=0)
        return [
            CompletionItem(schedule.identifier, help=schedule.words)
            for schedule in found
            if schedule.identifier.startswith(incomplete)
        ]
    return []


def refuse_unknown(queue_client: Client, settings: Settings, name: str) -> NoReturn:
    """Raises Failure: there is no such schedule; its hint names those that may have been meant."""
    if similar := _similar(queue_client, name):
        hint = f"Did you mean {' or '.join(similar)}?"
    else:
        hint = f"`{settings.command('schedules', 'list')}` lists those there are"
    raise Failure(f"there is no schedule {name!r}", hint=hint)


def _similar(queue_client: Client, name: str) -> list[str]:
    try:
        # These calls are the cheapest that know all names, and those that are still there.
        known = {row.identifier.lower(): row.identifier for row in queue_client.list_crontabs()}
        begins = sorted(known, key=lambda other: _same_beginning(name.lower(), other), reverse=True)
        close = get_close_matches(name.lower(), begins[:_COMPARED], _COMPARED)
        # Of those that are as like, first those that begin like it.
        close.sort(key=lambda other: (-round(_likeness(name.lower(), other), 2), -_same_beginning(name.lower(), other)))
        matches = [known[match] for match in close[:_MOST_SIMILAR]]
        there = queue_client.list_schedules(identifiers=matches, tick_count=0) if matches else []
    except (psycopg.Error, GraphileWorkerError):
        # Whoever may change schedules may not be allowed to look.
        return []
    return sorted((row.identifier for row in there), key=matches.index)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, other, one).ratio()


def _same_beginning(one: str, other: str) -> int:
    """Returns how many characters two texts have in common before they differ."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
