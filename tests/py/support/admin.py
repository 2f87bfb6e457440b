"""The admin page for the tests: an application in this process, and a browser's requests to it."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn

from graphile_worker.admin import AdminApp, BearerAuth, NoAuth, create_app

CSRF_HEADER = "x-graphile-worker-admin-csrf"


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def browser(app: Any, *, host: str = "localhost", address: str = "127.0.0.1", **options: Any) -> httpx.AsyncClient:
    """Sends requests to the application, from this address, by this name."""
    transport = httpx.ASGITransport(app=app, client=(address, 50000), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", **options)


class Api:
    """The API as the page uses it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.csrf: str | None = None

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        response = await self.http.get(f"/api/{path}", params=params)
        assert response.status_code == status, response.text
        return response.json()

    async def post(self, path: str, status: int = 200, **body: Any) -> Any:
        if self.csrf is None:
            self.csrf = (await self.get("session"))["csrf_token"]
        response = await self.http.post(f"/api/{path}", json=body, headers={CSRF_HEADER: self.csrf})
        assert response.status_code == status, response.text
        return response.json()


@asynccontextmanager
async def api(database: Any, **options: Any) -> AsyncIterator[Api]:
    """An application of this database, without a password unless `auth` is given."""
    options.setdefault("auth", NoAuth())
    async with create_app(database, **options) as app, browser(app) as http:
        yield Api(http)


def guarded(database: str = "postgresql://127.0.0.1:1/nowhere", **options: Any) -> AdminApp:
    """An application with a token, `secret`; for what is decided before any database is asked."""
    return create_app(database, auth=BearerAuth("secret"), **options)


@contextmanager
def running(app: Any, config: uvicorn.Config | None = None) -> Iterator[str]:
    """The application on a uvicorn of its own; the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config or uvicorn.Config(app, log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
