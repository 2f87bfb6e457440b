"""The embedded server: created, shared, left, killed, and brought back."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker._embedded import EmbeddedServer, EmbeddedServerError, _binaries, _cluster, _control
from graphile_worker._embedded._account import Account, server_account
from tests.support import wait_until

FAST = {"fsync": "off"}

# A user in a process of its own: says where the server is, leaves when its input ends.
USER = """
import sys
from graphile_worker._embedded import EmbeddedServer
with EmbeddedServer(sys.argv[1], settings={"fsync": "off"}) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: root's is closed to the account that runs the server.
    path = Path(tempfile.mkdtemp(prefix="graphile-worker-embedded-"))
    yield path
    EmbeddedServer(path).remove()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start_user(folder: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that use the server; they are gone after the test."""
    users: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, str(folder)]
        user = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        users.append(user)
        return user

    yield start
    for user in users:
        user.kill()
        user.communicate()


def url_of(user: subprocess.Popen[str]) -> str:
    """Wait until the user is in; the address it got."""
    url = user.stdout.readline().strip()
    assert url.startswith("postgresql://")
    return url


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=30)
    assert user.returncode == 0


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


def create_kept(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")


def server_pid(folder: Path) -> int | None:
    return _control.running_pid(folder / "pgdata")


def processes_of(folder: Path) -> list[str]:
    """The commands of all processes that mention the folder: server, reaper, pg_ctl."""
    commands = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [command for command in commands if str(folder) in command]


def test_first_use_creates_a_server_that_asks_for_its_password(folder: Path) -> None:
    with EmbeddedServer(folder, settings=FAST) as server:
        assert scalar(server.url, "select current_user") == "postgres"
        assert scalar(server.socket_url, "select inet_server_addr() is null") is True
        assert scalar(server.url, "select host(inet_server_addr())") == "127.0.0.1"
        assert scalar(server.url, "show server_encoding") == "UTF8"
        assert scalar(server.url, "show fsync") == "off"
        password = (folder / "pgdata" / "password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(password, "guess"))
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(server.url.replace(f":{password}", ""), passfile=os.devnull)
    for name in ("pgdata", "pgdata/password", "pgdata/server.log"):
        mode = (folder / name).stat().st_mode
        assert stat.S_IMODE(mode) & 0o077 == 0, f"{name} is open to others"


def test_data_and_port_survive_and_nothing_is_left_running(folder: Path) -> None:
    with EmbeddedServer(folder, settings=FAST) as server:
        url = server.url
        create_kept(url)
    assert server_pid(folder) is None
    assert processes_of(folder) == []
    with EmbeddedServer(folder, settings=FAST) as server:
        assert server.url == url
        assert scalar(url, "select answer from kept") == 42


def test_start_and_stop_tolerate_repetition(folder: Path) -> None:
    server = EmbeddedServer(folder, settings=FAST)
    server.stop()
    assert server.start() is server.start()
    server.stop()
    assert not server.started
    server.stop()
    assert server_pid(folder) is None
    server.start()
    assert scalar(server.url, "select 1") == 1
    server.stop("immediate")
    assert server_pid(folder) is None


def test_a_database_of_another_name(folder: Path) -> None:
    with EmbeddedServer(folder, settings=FAST) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute('create database "My/Queue?"')
        assert scalar(server.database("My/Queue?"), "select current_database()") == "My/Queue?"


def test_the_last_process_to_leave_stops_the_server(folder: Path, start_user: Callable) -> None:
    first = start_user()
    url = url_of(first)
    pid = server_pid(folder)
    second = start_user()
    assert url_of(second) == url
    with EmbeddedServer(folder) as server:
        assert server.url == url
        leave(first)
        assert scalar(url, "select 1") == 1
    assert server_pid(folder) == pid
    assert scalar(url, "select 1") == 1
    leave(second)
    assert server_pid(folder) is None


def test_two_objects_in_one_process_are_two_users(folder: Path) -> None:
    one, other = EmbeddedServer(folder, settings=FAST).start(), EmbeddedServer(folder).start()
    one.stop()
    assert scalar(other.url, "select 1") == 1
    other.stop()
    assert server_pid(folder) is None


def test_processes_that_start_at_once_share_one_server(folder: Path, start_user: Callable) -> None:
    users = [start_user() for _ in range(4)]
    assert len({url_of(user) for user in users}) == 1
    for user in users:
        leave(user)
    assert server_pid(folder) is None


def test_a_killed_user_does_not_keep_the_server(folder: Path, start_user: Callable) -> None:
    killed = start_user()
    url_of(killed)
    with EmbeddedServer(folder) as server:
        killed.kill()
        killed.wait()
        assert scalar(server.url, "select 1") == 1
    assert server_pid(folder) is None


def test_the_server_ends_when_its_only_user_is_killed(folder: Path, start_user: Callable) -> None:
    killed = start_user()
    url = url_of(killed)
    assert server_pid(folder) is not None
    killed.kill()
    wait_until(lambda: not processes_of(folder), timedelta(seconds=30), "server and reaper gone")
    with EmbeddedServer(folder, settings=FAST) as server:
        assert server.url == url
        assert scalar(url, "select 1") == 1


def test_a_forked_child_does_not_stop_its_parents_server(folder: Path) -> None:
    with EmbeddedServer(folder, settings=FAST) as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0 if not server.started else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert scalar(server.url, "select 1") == 1


def test_a_crashed_server_is_started_again(folder: Path) -> None:
    server = EmbeddedServer(folder, settings=FAST).start()
    url = server.url
    create_kept(url)
    os.kill(server_pid(folder), signal.SIGKILL)
    wait_until(lambda: server_pid(folder) is None)
    server.stop()
    assert (folder / "pgdata" / "postmaster.pid").exists()
    with EmbeddedServer(folder, settings=FAST):
        assert scalar(url, "select answer from kept") == 42


def test_a_stale_pid_that_is_another_process_by_now(folder: Path) -> None:
    with EmbeddedServer(folder, settings=FAST) as server:
        os.kill(server_pid(folder), signal.SIGKILL)
        wait_until(lambda: server_pid(folder) is None)
    account = server_account()
    sleeper = subprocess.Popen(["sleep", "60"], **({"user": account.uid} if account.switch else {}))
    try:
        pid_file = folder / "pgdata" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        with EmbeddedServer(folder, settings=FAST) as server:
            assert scalar(server.url, "select 1") == 1
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restart_keeps_the_address(restartable_server: EmbeddedServer, mode: str) -> None:
    url = restartable_server.url
    with psycopg.connect(url, autocommit=True) as connection:
        before = server_pid(restartable_server.data_dir)
        restartable_server.restart(mode)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert server_pid(restartable_server.data_dir) != before
    assert restartable_server.url == url
    assert scalar(url, "select 1") == 1


def test_an_outage_lasts_as_long_as_its_block(restartable_server: EmbeddedServer) -> None:
    with restartable_server.outage("immediate"), pytest.raises(psycopg.OperationalError):
        psycopg.connect(restartable_server.url)
    assert scalar(restartable_server.url, "select 1") == 1


def test_a_path_too_long_for_a_socket_leaves_tcp(folder: Path) -> None:
    folder.chmod(0o755)  # else root's data goes elsewhere, to a shorter path
    long = folder / ("x" * 100)
    with EmbeddedServer(long, settings=FAST) as server:
        assert scalar(server.url, "select 1") == 1
        with pytest.raises(EmbeddedServerError, match="too long for a unix socket"):
            _ = server.socket_url
    server.remove()


def test_remove_deletes_the_data_only(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    server = EmbeddedServer(folder, settings=FAST).start()
    other = EmbeddedServer(folder).start()
    with pytest.raises(EmbeddedServerError, match="used by others"):
        server.remove()
    other.stop()
    server.remove()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_folder_of_those_who_name_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHILE_WORKER_EMBEDDED_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert EmbeddedServer().data_dir == Path("/somewhere/graphile-worker/embedded")
    monkeypatch.setenv("GRAPHILE_WORKER_EMBEDDED_DIR", str(folder))
    assert EmbeddedServer().data_dir == folder


def test_errors_say_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbeddedServerError, match="has not been started"):
        _ = EmbeddedServer(folder).url
    with pytest.raises(EmbeddedServerError, match="unknown stop mode 'gently'"):
        EmbeddedServer(folder).stop("gently")
    with pytest.raises(EmbeddedServerError, match="/nowhere has no working postgres"):
        EmbeddedServer(folder, bin_dir="/nowhere").start()
    with pytest.raises(EmbeddedServerError, match=r"did not start(.|\n)*no_such_setting"):
        EmbeddedServer(folder, settings={"no_such_setting": "1"}).start()
    (folder / "pgdata" / "PG_VERSION").write_text("7\n")
    with pytest.raises(EmbeddedServerError, match="belongs to PostgreSQL 7, but the programs here are"):
        EmbeddedServer(folder).start()
    monkeypatch.delenv("GRAPHILE_WORKER_PG_BIN", raising=False)
    monkeypatch.setattr(_binaries, "_candidates", lambda: iter(()))
    with pytest.raises(EmbeddedServerError, match=r"pip install 'graphile-worker\[embedded\]'"):
        EmbeddedServer(folder).start()


def test_a_failed_start_leaves_nothing_running(folder: Path) -> None:
    with pytest.raises(EmbeddedServerError):
        EmbeddedServer(folder, settings={"no_such_setting": "1"}).start()
    assert processes_of(folder) == []
    with EmbeddedServer(folder, settings=FAST) as server:
        assert scalar(server.url, "select 1") == 1


@as_root
def test_root_hands_the_server_to_another_account(folder: Path) -> None:
    with EmbeddedServer(folder, settings=FAST):
        assert Path(f"/proc/{server_pid(folder)}").stat().st_uid == server_account().uid != 0


@as_root
def test_a_folder_that_the_account_cannot_reach(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    elsewhere = folder / "elsewhere"
    folder.chmod(0o755)
    monkeypatch.setattr(_cluster, "RELOCATED", elsewhere)
    with EmbeddedServer(closed / "data", settings=FAST) as server:
        url = server.url
        create_kept(url)
    assert server.data_dir.joinpath("pgdata").is_symlink()
    with EmbeddedServer(closed / "data", settings=FAST) as server:
        assert scalar(url, "select answer from kept") == 42
    server.remove()
    assert list(closed.iterdir()) == []
    assert not elsewhere.exists()


@as_root
def test_programs_that_the_account_cannot_reach_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = _binaries._wheel_bin_dir()
    if wheel is None:
        pytest.skip("the wheel of the extra is not installed")
    folder.chmod(0o755)
    monkeypatch.setattr(_binaries, "CACHE", folder / "cache")
    found = _binaries.find_binaries(wheel)
    with monkeypatch.context() as patch:
        patch.setattr(Account, "can_reach", lambda account, path: not path.is_relative_to(wheel))
        copied = _binaries.reachable(found, server_account())
        assert copied.bin_dir.is_relative_to(folder / "cache")
        assert _binaries.reachable(found, server_account()) == copied
    with EmbeddedServer(folder / "data", bin_dir=copied.bin_dir, settings=FAST) as server:
        assert scalar(server.url, "select 1") == 1
    server.remove()
    monkeypatch.setattr(Account, "can_reach", lambda account, path: False)
    with pytest.raises(EmbeddedServerError, match="cannot reach"):
        _binaries.reachable(copied, server_account())
