"""Which client serves the code that asks for one: async on an event loop, plain in a thread or a script."""

from __future__ import annotations

import asyncio
from asyncio import _get_running_loop as running_loop
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, NamedTuple

from .._client.async_client import AsyncClient

if TYPE_CHECKING:
    from .._client.client import Client


class Home(NamedTuple):
    """The client of a worker, and the event loop on which its connections live."""

    client: AsyncClient
    loop: asyncio.AbstractEventLoop | None


_home: ContextVar[Home | None] = ContextVar("graphile_worker_home", default=None)


def settle(client: AsyncClient) -> Token[Home | None]:
    """Makes `client` that of the handlers that are called from here, on the loop that runs."""
    return _home.set(Home(client, running_loop()))


def leave(token: Token[Home | None]) -> None:
    """Takes back what `settle` did."""
    _home.reset(token)


def client_of_handler(given: AsyncClient | Client | None) -> AsyncClient | Client | None:
    """Returns the client to be used here: `given`, else that of the worker whose handler asks; None without either.

    What is async on another loop, or where no loop runs, is replaced by a client that can be used here.
    """
    home = _home.get()
    client = given if given is not None else home and home.client
    return client_here(client, home and home.loop) if isinstance(client, AsyncClient) else client


def client_here(
    client: AsyncClient, loop: asyncio.AbstractEventLoop | None, check: Callable[[], None] | None = None
) -> AsyncClient | Client:
    """Returns the client where its `loop` runs; a plain one on it in a thread, an async one on another loop.

    These two call `check` before each call of theirs.
    """
    here = running_loop()
    if here is not None and (loop is None or here is loop):
        return client
    # Who has no plain handlers needs nothing of the module.
    from .far_client import AsyncFarClient, FarClient

    return FarClient(client, loop, check) if here is None or loop is None else AsyncFarClient(client, loop, check)
