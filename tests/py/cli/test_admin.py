"""`graphile-worker admin`."""

from __future__ import annotations

import inspect
import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from graphile_worker.admin import serve
from tests.py.support.admin import CSRF_HEADER, basic, bearer
from tests.py.support.command import invoke, process

_VARIABLES = {
    "GRAPHILE_WORKER_ADMIN_PASSWORD": "",
    "GRAPHILE_WORKER_ADMIN_BEARER_TOKEN": "",
    "GRAPHILE_WORKER_ADMIN_HEADER_TOKEN": "",
}


@contextmanager
def command(url: str, *args: str, **variables: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """The command as a process; what it says once it listens."""
    where = () if "--listen" in args else ("--port", "0")
    with process("admin", *where, "--json", *args, url=url, **{**_VARIABLES, **variables}) as child:
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
    told = invoke("admin", "--help").output
    assert re.search(r"--port N .*\[default: 5678", told, re.DOTALL)
    assert "http://127.0.0.1:5678" in told


@pytest.mark.parametrize(
    ("listen", "said"), [("127.0.0.1:0", r"127\.0\.0\.1"), ("[::1]:0", r"\[::1\]"), ("localhost:0", ".*")]
)
def test_host_and_port_in_one(shared_database: str, listen: str, said: str) -> None:
    with command(shared_database, "--listen", listen) as (told, child):
        assert re.fullmatch(rf"http://{said}:\d+/", told["url"])
        assert httpx.get(told["url"]).status_code == 401
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)
    assert child.returncode == 0


@pytest.mark.parametrize(
    ("args", "name", "value"),
    [
        (("--auth", "bearer"), "authorization", "Bearer {}"),
        (("--auth", "bearer", "--bearer-token", ""), "authorization", "Bearer {}"),
        (("--auth", "header"), "x-graphile-worker-admin-token", "{}"),
        (("--auth", "header", "--header-name", "X-Ops"), "x-ops", "{}"),
    ],
)
def test_a_token_is_made_up_where_none_is_given(
    shared_database: str, args: tuple[str, ...], name: str, value: str
) -> None:
    tokens = set()
    for _ in range(2):
        with command(shared_database, *args) as (said, _):
            assert (said["password"], said["header_name"]) == (None, name)
            assert httpx.get(said["url"] + "api/session").status_code == 401
            headers = {name: value.format(said["token"])}
            assert httpx.get(said["url"] + "api/session", headers=headers).status_code == 200
            tokens.add(said["token"])
    assert len(tokens) == 2
    with process("admin", "--port", "0", *args, url=shared_database, **_VARIABLES) as child:
        assert child.stdout is not None
        address = child.stdout.readline().split()[-1]
        shown, _, secret = child.stdout.readline().strip().partition(": ")
        assert httpx.get(f"{address}api/session", headers={shown: secret}).status_code == 200
        child.kill()


def test_the_user_by_either_name(shared_database: str) -> None:
    for option in ("--user", "--username"):
        with command(shared_database, option, "ops", GRAPHILE_WORKER_ADMIN_PASSWORD="pw") as (said, _):
            assert httpx.get(said["url"], headers=basic("ops", "pw")).status_code == 200


def test_the_command_never_shows_a_secret_that_was_given(shared_database: str) -> None:
    for variable, headers in (
        ("GRAPHILE_WORKER_ADMIN_PASSWORD", basic("admin", "t0p-secret")),
        ("GRAPHILE_WORKER_ADMIN_BEARER_TOKEN", bearer("t0p-secret")),
        ("GRAPHILE_WORKER_ADMIN_HEADER_TOKEN", {"x-graphile-worker-admin-token": "t0p-secret"}),
    ):
        with command(shared_database, "--read-only", **{variable: "t0p-secret"}) as (said, child):
            assert (said["password"], said["token"]) == (None, None)
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
        (("--auth", "none", "--listen", "0.0.0.0:5678"), "not served on 0.0.0.0 without a password"),
        (("--listen", "127.0.0.1:0", "--port", "0"), "--listen and --port exclude each other"),
        (("--host", "127.0.0.1", "--listen", "127.0.0.1:0"), "--listen and --host exclude each other"),
        (("--listen", "5678"), "--listen '5678' is not HOST:PORT"),
        (("--listen", "127.0.0.1"), "is not HOST:PORT"),
        (("--listen", ":5678"), "is not HOST:PORT"),
        (("--listen", "::1:5678"), "is not HOST:PORT"),
        (("--listen", "127.0.0.1:70000"), "is not HOST:PORT"),
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
    for listen, reason in (("nowhere.invalid:0", "[A-Z][a-z].*"), ("[2001:db8::1]:0", "Cannot assign.*")):
        result = invoke("admin", "--listen", listen, url=shared_database, env=_VARIABLES)
        assert re.match(rf"error: can't listen on {re.escape(listen)}: {reason}\n", result.stderr), result.stderr
        assert "Unknown error" not in result.stderr
