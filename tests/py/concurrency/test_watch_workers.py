"""Several look at once for workers whose connection has ended, and those come back in the middle of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from graphile_worker import migrate
from graphile_worker._embedded import EmbeddedServer
from tests.py.support.sessions import Background, connect, connections, together
from tests.support import wait_until

Connection = psycopg.Connection[Any]
LOOK = "select worker_id, extract(epoch from dead_in)::real from watch_workers()"
DEAD = [("w", 0.0)]
ANEW = [("w", 5.0)]
HOLD = "select hold_worker_locks('{w}')"
RECOVER = "select worker_id from recover_workers('{w}', array[%s]::timestamptz[], '0')"


def look(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(LOOK).fetchall()


def register(connection: Connection) -> None:
    connection.execute("""select worker_heartbeat('w', '{"session_lock": true}')""")


def bring_close(connection: Connection) -> None:
    """Makes the next look find w dead."""
    assert look(connection) == ANEW
    connection.execute(
        "update _private_missing_workers set missing_for = '5 s' - interval '1 us', seen_at = now() - interval '1 s'"
    )


def beat_of(connection: Connection) -> Any:
    return connection.execute("select last_heartbeat_at from _private_workers where id = 'w'").fetchone()[0]


@pytest.fixture
def monitor(database: str) -> Iterator[Connection]:
    with connect(database) as connection:
        register(connection)
        yield connection


def test_who_meets_another_look_passes(database: str, monitor: Connection) -> None:
    bring_close(monitor)
    with connections(database, 1) as [slow]:
        assert look(slow) == DEAD
        monitor.execute("set lock_timeout = '1ms'")
        assert look(monitor) == []
        # It dies before it has said so: the next one is told.
        slow.rollback()
        assert look(monitor) == DEAD
    assert look(monitor) == ANEW


def test_of_many_at_once_one_is_told(database: str, monitor: Connection) -> None:
    with connections(database, 8, autocommit=True) as sessions:
        for _ in range(20):
            bring_close(monitor)
            seen = together([lambda s=s: look(s) for s in sessions])
            assert [rows for rows in seen if rows == DEAD] == [DEAD], seen
            monitor.execute("delete from _private_missing_workers")


def test_a_lock_that_is_taken_again_during_a_look(database: str, monitor: Connection) -> None:
    """The worker does not wait for who looks; and once it has its lock nobody misses it."""
    bring_close(monitor)
    with connections(database, 1) as [looker], connect(database) as worker:
        assert look(looker) == DEAD
        assert worker.execute(HOLD).fetchall() == []
        looker.commit()
        assert worker.execute(HOLD).fetchall() == [("w",)]
        assert look(looker) == []
        looker.commit()
        assert monitor.execute("select from _private_missing_workers").fetchall() == []
        # Back and gone again: it has the whole grace.
        pid = worker.info.backend_pid
        worker.close()
        gone = "select from pg_stat_activity where pid = %s"
        wait_until(lambda: not monitor.execute(gone, [pid]).fetchall())
        assert look(monitor) == ANEW


def test_a_heartbeat_between_the_look_and_the_recovery(database: str, monitor: Connection) -> None:
    bring_close(monitor)
    with connections(database, 2) as [looker, worker]:
        # Begun before, or during the look: not seen by it.
        assert worker.execute("select worker_id from beat_workers('{w}')").fetchall() == [("w",)]
        [(_, heartbeat, _)] = looker.execute("select * from watch_workers()").fetchall()
        looker.commit()
        # As long as it is under way the worker is passed over; then it lives.
        assert Background(looker, RECOVER, [heartbeat]).result() == []
        worker.commit()
        assert looker.execute(RECOVER, [heartbeat]).fetchall() == []
        looker.commit()
        assert beat_of(monitor) > heartbeat
        assert look(monitor) == ANEW


def test_a_heartbeat_during_the_recovery_comes_too_late(database: str, monitor: Connection) -> None:
    bring_close(monitor)
    with connections(database, 2) as [looker, worker]:
        [(_, heartbeat, _)] = looker.execute("select * from watch_workers()").fetchall()
        looker.commit()
        assert looker.execute(RECOVER, [heartbeat]).fetchall() == [("w",)]
        beat = Background(worker, "select worker_id from beat_workers('{w}')")
        beat.wait_blocked(monitor)
        looker.commit()
        assert beat.result() == []


def test_beside_the_looks_of_the_release_before(database: str, monitor: Connection) -> None:
    """Which keeps what it has seen to itself. Neither keeps the other from seeing who is missing."""
    bring_close(monitor)
    missing = "select worker_id from list_missing_workers()"
    with connections(database, 2) as [former, looker]:
        assert former.execute(missing).fetchall() == [("w",)]
        assert look(looker) == DEAD
        former.commit()
        assert former.execute(missing).fetchall() == [("w",)]
        looker.rollback()
        assert look(monitor) == DEAD


def test_each_look_may_be_on_a_connection_of_its_own(database: str, monitor: Connection) -> None:
    """As psql makes them; and the grace is that of the clock on the wall."""
    began, looks = time.monotonic(), 0
    while True:
        with connect(database) as looker:
            [(_, left)] = looker.execute(
                "select worker_id, extract(epoch from dead_in)::float8 from watch_workers(grace => '1 s')"
            ).fetchall()
        looks += 1
        if not left:
            break
        time.sleep(min(left, 0.3))
    assert time.monotonic() - began >= 1
    assert looks >= 4


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["fast", "immediate", "crash"])
def test_a_restart_of_the_server_begins_anew(restartable_server: EmbeddedServer, kind: str) -> None:
    url = restartable_server.url
    migrate(url)
    with connect(url) as connection:
        register(connection)
        connection.execute("delete from _private_missing_workers")
        bring_close(connection)
        if kind == "crash":
            # One process of the server is enough: all connections end, and the server itself does not.
            os.kill(connection.info.backend_pid, signal.SIGKILL)
    if kind != "crash":
        restartable_server.restart(kind)
    assert wait_until(lambda: _look_at(url)) == ANEW
    with connect(url) as connection:
        assert look(connection)[0][1] < 5


def _look_at(url: str) -> list[tuple[Any, ...]]:
    with suppress(psycopg.OperationalError), connect(url) as connection:
        return look(connection)
    return []
