"""Names of tasks and queues, completed with the tab key."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from .._client.client import Client
from .failure import Failure
from .session import client
from .settings import Settings

_MOST = 1000
"""Names that a shell is offered."""


def complete_task(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Returns the tasks whose name begins so; none where the database can't be asked."""
    return _names(
        ctx, incomplete, lambda client: [t.task_identifier for t in client.task_stats(limit=_MOST, count_limit=1)]
    )


def complete_queue(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Returns the queues whose name begins so; none where the database can't be asked."""
    search = incomplete or None
    return _names(
        ctx,
        incomplete,
        lambda client: [q.queue_name for q in client.list_queues(limit=_MOST, search=search, count_limit=1)],
    )


def complete_limited(kind: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Makes a function that returns the limited tasks, or queues and patterns, whose name begins so."""
    kinds = {"task"} if kind == "task" else {"queue", "pattern"}

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _names(
            ctx, incomplete, lambda client: [row.name for row in client.list_limits(limit=_MOST) if row.kind in kinds]
        )

    return complete


def complete_paused(kind: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Makes a function that returns the paused tasks, or queues, whose name begins so."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _names(ctx, incomplete, lambda client: [row.name for row in client.list_paused() if row.kind == kind])

    return complete


def _names(ctx: click.Context, incomplete: str, ask: Callable[[Client], list[str]]) -> list[CompletionItem]:
    settings = ctx.ensure_object(Settings)
    # Nobody waits long for the tab key; and no server is started for it.
    if settings.embedded:
        return []
    os.environ.setdefault("PGCONNECT_TIMEOUT", "2")
    with suppress(Failure), client(settings, only_looks=True) as queue_client:
        return [CompletionItem(name) for name in ask(queue_client) if name.startswith(incomplete)]
    return []
