"""The admin page served: alone, by the command, and mounted in another application."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount

from graphile_worker import InvalidArgument
from graphile_worker.admin import BearerAuth, NoAuth, _assets, _head_timeout, _serve, create_app, serve
from tests.py.support.admin import CSRF_HEADER, basic, bearer, browser
from tests.py.support.command import invoke, process

_VARIABLES = {
    "GRAPHILE_WORKER_ADMIN_PASSWORD": "",
    "GRAPHILE_WORKER_ADMIN_BEARER_TOKEN": "",
    "GRAPHILE_WORKER_ADMIN_HEADER_TOKEN": "",
}


@contextmanager
def command(url: str, *args: str, **variables: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """The command as a process; what it says once it listens."""
    with process("admin", "--port", "0", "--json", *args, url=url, **{**_VARIABLES, **variables}) as child:
        try:
            assert child.stdout is not None
            yield json.loads(child.stdout.readline()), child
        finally:
            child.kill()


def test_the_command_serves_the_page_until_it_is_stopped(shared_database: str) -> None:
    with command(shared_database) as (said, child):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", said["url"])
        headers = basic(said["user"], said["password"])
        with httpx.Client(base_url=said["url"], headers=headers) as http:
            page = http.get("/")
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "server" not in page.headers
            for name in re.findall(r'(?:src|href)="(assets/[^"]+)"', page.text):
                assert http.get(f"/{name}").status_code == 200, name
            session = http.get("/api/session").json()
            added = http.post("/api/jobs", json={"identifier": "t"}, headers={CSRF_HEADER: session["csrf_token"]})
            assert added.status_code == 201
            assert http.get("/api/overview").json()["stats"]["ready"] == 1
        assert httpx.get(said["url"]).status_code == 401
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=20)
        assert (child.returncode, out) == (0, "")
        assert "Traceback" not in err


def test_the_ports_are_those_that_are_written_down() -> None:
    """The command and `serve()` may run side by side."""
    assert inspect.signature(serve).parameters["port"].default == 4000
    assert "127.0.0.1:4000" in (serve.__doc__ or "")
    told = cli_support.invoke("admin", "--help").output
    assert re.search(r"--port N .*\[default: 5678", told, re.DOTALL)
    assert "http://127.0.0.1:5678" in told


def test_the_command_never_shows_a_secret_that_was_given(shared_database: str) -> None:
    for variable, headers in (
        ("GRAPHILE_WORKER_ADMIN_PASSWORD", basic("admin", "t0p-secret")),
        ("GRAPHILE_WORKER_ADMIN_BEARER_TOKEN", bearer("t0p-secret")),
        ("GRAPHILE_WORKER_ADMIN_HEADER_TOKEN", {"x-graphile-worker-admin-token": "t0p-secret"}),
    ):
        with command(shared_database, "--read-only", **{variable: "t0p-secret"}) as (said, child):
            assert said["password"] is None
            assert httpx.get(said["url"] + "api/session", headers=headers).json()["read_only"]
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=20)
        assert child.returncode == 0
        assert "t0p-secret" not in json.dumps(said) + out + err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--auth", "none", "--host", "0.0.0.0"), "not served on 0.0.0.0 without a password"),
        (("--auth", "none", "--host", "::"), "not served on :: without a password"),
        (("--auth", "none", "--host", ""), "without a password"),
        (("--auth", "none", "--host", "192.0.2.1"), "not served on 192.0.2.1 without a password"),
        (("--auth", "none", "--host", "127.0.0.1.example.com"), "without a password"),
        (("--auth", "bearer"), "needs a token"),
        (("--auth", "header"), "needs a token"),
        (("--bearer-token", "a", "--header-token", "b"), "bearer and header"),
        (("--header-token", "a", "--header-name", "bad name"), "bad header name"),
        (("--port", "70000"), "70000"),
        (("--crontab", "/nowhere/crontab"), "can't be read"),
        (("--trusted-proxy", "nobody"), "bad address of a proxy"),
    ],
)
def test_the_command_refuses_what_can_not_be_meant(args: tuple[str, ...], message: str) -> None:
    result = invoke("admin", *args, url="postgresql://127.0.0.1:1/nowhere", env=_VARIABLES)
    assert result.exit_code == 2
    assert message in result.stderr


def test_an_address_that_is_taken_is_said_to_be(shared_database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = invoke("admin", "--port", str(port), url=shared_database, env=_VARIABLES)
    assert result.exit_code == 1
    assert f"can't listen on 127.0.0.1:{port}" in result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "example.com"])
def test_nothing_is_served_to_others_without_a_password(host: str) -> None:
    with pytest.raises(InvalidArgument, match="without a password"):
        serve("postgresql://127.0.0.1:1/nowhere", host=host, port=0, auth=NoAuth())


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


@pytest.mark.parametrize("make", ["fastapi", "starlette", "root_path"])
def test_it_can_be_mounted_anywhere(shared_database: str, make: str) -> None:
    admin: Any = create_app(shared_database, auth=BearerAuth("secret"))
    prefix = "/internal/jobs"
    match make:
        case "fastapi":
            site: Any = FastAPI()
            site.mount(prefix, admin)
        case "starlette":
            site = Starlette(routes=[Mount("/internal", routes=[Mount("/jobs", admin)])])
        case _:

            async def site(scope: Any, receive: Any, send: Any) -> None:
                await admin({**scope, "root_path": prefix}, receive, send)

    with running(site) as address, httpx.Client(base_url=address, headers=bearer("secret")) as http:
        moved = http.get(prefix)
        assert moved.status_code == 307
        assert moved.headers["location"].endswith("jobs/")
        page = http.get(f"{prefix}/")
        (script,) = re.findall(r'src="(assets/[^"]+/app\.js)"', page.text)
        assert page.status_code == 200
        assert page.headers["x-frame-options"] == "DENY"
        module = http.get(f"{prefix}/{script}")
        assert (module.status_code, module.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert http.get(f"{prefix}/assets/app.js").content == module.content
        token = http.get(f"{prefix}/api/session").json()["csrf_token"]
        write = http.post(f"{prefix}/api/jobs", json={"identifier": "t"}, headers={CSRF_HEADER: token})
        assert write.status_code == 201
        del http.headers["authorization"]
        assert http.get(f"{prefix}/api/session").status_code == 401
        assert http.get(f"{prefix}//api/session").status_code in (401, 404)


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


async def test_an_asset_is_sent_again_only_when_it_changed() -> None:
    async with browser(create_app("postgresql://127.0.0.1:1/nowhere", auth=NoAuth())) as http:
        first = await http.get("/assets/app.js")
        again = await http.get("/assets/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "public, max-age=3600"


def test_every_file_of_the_page_is_served() -> None:
    assert {path.suffix for path in _assets.FOLDER.rglob("*") if path.is_file()} <= set(_assets._TYPES)
