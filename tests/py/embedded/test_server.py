"""The embedded server: created, shared, left, killed, and brought back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker._embedded import EmbeddedServer
from graphile_worker._embedded import control as _control
from graphile_worker._embedded.account import server_account
from tests.support import processes_mentioning, scalar, wait_until

FAST = {"fsync": "off"}

# A user in a process of its own: says where the server is, leaves when its input ends.
USER = """
import sys
from graphile_worker._embedded import EmbeddedServer
with EmbeddedServer(sys.argv[1], settings={"fsync": "off"}) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def start_user(server_folder: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that use the server; they are gone after the test."""
    users: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, str(server_folder)]
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


def create_kept(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")


def server_pid(server_folder: Path) -> int | None:
    return _control.running_pid(server_folder / "pgdata")


def test_data_and_port_survive_and_nothing_is_left_running(server_folder: Path) -> None:
    with EmbeddedServer(server_folder, settings=FAST) as server:
        url = server.url
        create_kept(url)
    assert server_pid(server_folder) is None
    assert processes_mentioning(server_folder) == []
    with EmbeddedServer(server_folder, settings=FAST) as server:
        assert server.url == url
        assert scalar(url, "select answer from kept") == 42


def test_start_and_stop_tolerate_repetition(server_folder: Path) -> None:
    server = EmbeddedServer(server_folder, settings=FAST)
    server.stop()
    assert server.start() is server.start()
    server.stop()
    assert not server.started
    server.stop()
    assert server_pid(server_folder) is None
    server.start()
    assert scalar(server.url, "select 1") == 1
    server.stop("immediate")
    assert server_pid(server_folder) is None


def test_the_last_process_to_leave_stops_the_server(server_folder: Path, start_user: Callable) -> None:
    first = start_user()
    url = url_of(first)
    pid = server_pid(server_folder)
    second = start_user()
    assert url_of(second) == url
    with EmbeddedServer(server_folder) as server:
        assert server.url == url
        leave(first)
        assert scalar(url, "select 1") == 1
    assert server_pid(server_folder) == pid
    assert scalar(url, "select 1") == 1
    leave(second)
    assert server_pid(server_folder) is None


def test_two_objects_in_one_process_are_two_users(server_folder: Path) -> None:
    one, other = EmbeddedServer(server_folder, settings=FAST).start(), EmbeddedServer(server_folder).start()
    one.stop()
    assert scalar(other.url, "select 1") == 1
    other.stop()
    assert server_pid(server_folder) is None


def test_processes_that_start_at_once_share_one_server(server_folder: Path, start_user: Callable) -> None:
    users = [start_user() for _ in range(4)]
    assert len({url_of(user) for user in users}) == 1
    for user in users:
        leave(user)
    assert server_pid(server_folder) is None


def test_a_killed_user_does_not_keep_the_server(server_folder: Path, start_user: Callable) -> None:
    killed = start_user()
    url_of(killed)
    with EmbeddedServer(server_folder) as server:
        killed.kill()
        killed.wait()
        assert scalar(server.url, "select 1") == 1
    assert server_pid(server_folder) is None


def test_the_server_ends_when_its_only_user_is_killed(server_folder: Path, start_user: Callable) -> None:
    killed = start_user()
    url = url_of(killed)
    assert server_pid(server_folder) is not None
    killed.kill()
    wait_until(lambda: not processes_mentioning(server_folder), timedelta(seconds=30), "server and reaper gone")
    with EmbeddedServer(server_folder, settings=FAST) as server:
        assert server.url == url
        assert scalar(url, "select 1") == 1


def test_a_forked_child_does_not_stop_its_parents_server(server_folder: Path) -> None:
    with EmbeddedServer(server_folder, settings=FAST) as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0 if not server.started else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert scalar(server.url, "select 1") == 1


def test_a_crashed_server_is_started_again(server_folder: Path) -> None:
    server = EmbeddedServer(server_folder, settings=FAST).start()
    url = server.url
    create_kept(url)
    os.kill(server_pid(server_folder), signal.SIGKILL)
    wait_until(lambda: server_pid(server_folder) is None)
    server.stop()
    assert (server_folder / "pgdata" / "postmaster.pid").exists()
    with EmbeddedServer(server_folder, settings=FAST):
        assert scalar(url, "select answer from kept") == 42


def test_a_stale_pid_that_is_another_process_by_now(server_folder: Path) -> None:
    with EmbeddedServer(server_folder, settings=FAST) as server:
        os.kill(server_pid(server_folder), signal.SIGKILL)
        wait_until(lambda: server_pid(server_folder) is None)
    account = server_account()
    sleeper = subprocess.Popen(["sleep", "60"], **({"user": account.uid} if account.switch else {}))
    try:
        pid_file = server_folder / "pgdata" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        with EmbeddedServer(server_folder, settings=FAST) as server:
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
