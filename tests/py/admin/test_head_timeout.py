"""Connections that begin a request and do not go on."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from graphile_worker.admin import NoAuth, _head_timeout, _serve, create_app
from tests.py.support.admin import running


@pytest.mark.parametrize("beginning", [b"", b"GET / HT", b"GET /favicon.ico HTTP/1.1\r\nhost: localhost\r\n\r\nGET /"])
def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch, beginning: bytes) -> None:
    monkeypatch.setattr(_head_timeout, "HEAD_SECONDS", 0.2)
    app = create_app("postgresql://127.0.0.1:1/nowhere", auth=NoAuth())
    with running(app, _serve._config(app)) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(beginning)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        assert received.startswith(b"HTTP/1.1 200") == (b"\r\n" in beginning)


def test_a_request_under_way_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_head_timeout, "HEAD_SECONDS", 0.1)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await asyncio.sleep(0.5)  # The time itself is what is tested.
        await Response("done")(scope, receive, send)

    config = _serve._config(slow)
    config.lifespan = "off"
    with running(slow, config) as address:
        assert httpx.get(address).text == "done"
