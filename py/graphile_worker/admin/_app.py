"""The admin page as an ASGI application."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .._crontab.crontab import Crontab, CrontabSource
from ._api import actions, crontabs, jobs, limits, maintenance, pauses, policies, reports, schedules
from ._api.body import MAX_BODY
from ._api.context import Context
from ._assets import Assets
from ._database import Database
from ._door.addresses import LOOPBACK_NAMES, Networks, known_hosts, networks
from ._door.auth import Auth, BasicAuth, NoAuth, csrf_token
from ._door.devices import Devices
from ._door.guard import Gate
from ._door.shield import Shield
from ._door.throttle import Throttle
from ._problems import on_http_exception

PASSWORD_VARIABLE = "GRAPHILE_WORKER_ADMIN_PASSWORD"  # noqa: S105  # Its name.

_API = (reports, jobs, actions, pauses, limits, policies, schedules, crontabs, maintenance)


class AdminApp:
    """The ASGI application that `create_app` makes.

    It opens its connections when they are first needed. Served alone it closes them itself; mounted in another
    application, which does not tell it about its end, they are closed by `close`, or at the end of `async with`.
    """

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._database = context.database
        self.auth = context.auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def close(self) -> None:
        """Closes the connections of the application, but not a pool of the caller's."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def create_app(
    target: str | AsyncConnectionPool[Any],
    *,
    schema: str = "graphile_worker",
    auth: Auth | None = None,
    read_only: bool = False,
    crontab: CrontabSource | None = None,
    allowed_hosts: Iterable[str] | None = None,
    trusted_proxies: Iterable[str] = (),
    csrf_secret: str | None = None,
    max_body_bytes: int = MAX_BODY,
    prepare_statements: bool = True,
) -> AdminApp:
    """Makes the admin page, to be served alone or mounted in any ASGI application, under any path.

    `target` is a connection string, or an open psycopg pool; with a pool, schemas can't be migrated from the page.

    `auth` is BasicAuth by default, with the password in GRAPHILE_WORKER_ADMIN_PASSWORD, or a random one that is written
    to stderr. `read_only`: nothing can be changed. `crontab`, what a worker takes, shows when its entries are due.
    `allowed_hosts`: the names by which the page may be called, any by default; with NoAuth those of this machine.
    `trusted_proxies`: addresses or networks of proxies whose X-Forwarded-For says where a wrong password comes from;
    without them all who come through a proxy share its tries.
    `csrf_secret`: for NoAuth in several processes, which have to agree on it; otherwise it follows from the password or
    token. `max_body_bytes`: the largest request. `prepare_statements` is off for a pooler that does not know them.
    Raises InvalidArgument, and CrontabError.

    >>> from graphile_worker.admin import BearerAuth
    >>> app = create_app("postgresql://localhost/app", auth=BearerAuth("secret"))
    """
    if auth is None:
        auth = default_auth()
    if allowed_hosts is None and isinstance(auth, NoAuth) and auth.is_local_only:
        allowed_hosts = LOOPBACK_NAMES
    context = Context(
        database=Database(target, schema, prepare_statements=prepare_statements),
        auth=auth,
        csrf_token=csrf_token(auth, csrf_secret),
        read_only=read_only,
        crontab=None if crontab is None else Crontab.of(crontab),
        max_body=max_body_bytes,
    )
    shield = Shield(
        _Directory(_site(context, networks(trusted_proxies))),
        None if allowed_hosts is None else known_hosts(allowed_hosts),
    )
    return AdminApp(shield, context)


def default_auth() -> BasicAuth:
    """Returns Basic authentication with the password in the environment; or a random one, written to stderr."""
    auth = BasicAuth(password=os.environ.get(PASSWORD_VARIABLE) or None)
    if auth.is_generated:
        sys.stderr.write(f"admin page: user {auth.user}, password {auth.password} (or set {PASSWORD_VARIABLE})\n")
    return auth


def _site(context: Context, trusted_proxies: Networks) -> Starlette:
    gate = Gate(context.auth, Throttle(), Devices(context.auth.secret), trusted_proxies)
    guards_page = context.auth.guards_page
    assets = Assets(private=guards_page)
    api = Router([route for part in _API for route in part.routes(context)], redirect_slashes=False)
    pages: ASGIApp = Router(
        [
            Route("/", assets.page),
            Route("/favicon.ico", assets.icon),
            Route("/assets/{name:path}", assets.asset),
        ],
        redirect_slashes=False,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await context.database.close()

    return Starlette(
        routes=[Mount("/api", gate.guard(api)), Mount("/", gate.guard(pages) if guards_page else pages)],
        exception_handlers={HTTPException: on_http_exception},
        lifespan=lifespan,
    )


class _Directory:
    """Sends `/admin` to `/admin/`, where the addresses in the page, which are relative, are right."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("root_path") and scope["path"] == scope["root_path"]:
            # Relative too: a proxy may have taken away a part of the path.
            last = scope["path"].rpartition("/")[2]
            await RedirectResponse(f"./{last}/")(scope, receive, send)
            return
        await self._app(scope, receive, send)
