"""Serves the admin page alone, with uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from psycopg_pool import AsyncConnectionPool

from .._basis.errors import InvalidArgument
from ._app import create_app
from ._door.addresses import LOOPBACK_NAMES, is_loopback
from ._door.auth import Auth, NoAuth
from ._head_timeout import PatientProtocol

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4000


def serve(
    target: str | AsyncConnectionPool[Any],
    *,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    auth: Auth | None = None,
    on_start: Callable[[str], object] | None = None,
    **options: Any,
) -> None:
    """Serves the admin page until SIGINT or SIGTERM; `options` are those of `create_app`.

    It listens on 127.0.0.1:4000 unless told otherwise, the command `graphile-worker admin` on 127.0.0.1:5678: both can
    run on one machine. `port` 0 is any that is free; `on_start` is told the address of the page. There is no TLS: put a
    proxy in front before secrets travel through a network. Raises InvalidArgument for NoAuth on an address that others
    can reach, OSError for one that is taken.

    >>> from graphile_worker.admin import serve
    >>> serve("postgresql://localhost/app")  # doctest: +SKIP
    """
    if isinstance(auth, NoAuth):
        if not is_loopback(host):
            raise InvalidArgument(
                f"the admin page is not served on {host} without a password",
                hint="Listen on 127.0.0.1, or choose another way of authentication",
            )
        if options.get("allowed_hosts") is None:
            options["allowed_hosts"] = {*LOOPBACK_NAMES, host}
    with _listen(host, port) as listener:
        app = create_app(target, auth=auth, **options)
        _Server(_config(app), on_start or (lambda _url: None)).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family, backlog=128)


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # Logging is the caller's.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Addresses count wrong tries: what a client says its address is counts for nothing.
        proxy_headers=False,
        ws="none",
        http=PatientProtocol,
        lifespan="on",
        limit_concurrency=200,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_start: Callable[[str], object]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
