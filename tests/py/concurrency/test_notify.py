"""Whom the setting graphile_worker.notify has notified of new jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, InvalidArgument
from tests.py.support.sessions import connect, connections

SPEC = "row('t', null, null, null, null, null, null, null)::job_spec"
OF_OLD = "(select array[id] from _private_jobs where key = 'old')"
ADDS = pytest.mark.parametrize(
    ("add", "count"),
    [
        ("select add_job('t')", 1),
        ("select add_job('t', job_key => 'k')", 1),
        (f"select add_jobs(array[{', '.join([SPEC] * 3)}])", 3),
        ("select add_unkeyed_jobs(array['t'], '[1, 2]')", 2),
        ("select remove_job('old')", -1),
    ],
)


CHANGES = pytest.mark.parametrize(
    ("change", "count"),
    [
        (f"select reschedule_jobs({OF_OLD}, priority => 1)", 1),
        (f"select retry_jobs({OF_OLD})", 1),
        (f"select reschedule_matching_jobs(job_ids => {OF_OLD}, priority => 1)", 1),
        (f"select retry_matching_jobs(job_ids => {OF_OLD}, state => 'all')", 1),
        ("select resume_queue('q')", 1),
        ("select resume_task('t')", 1),
        ('select schedule_crontabs(now(), \'[{"task": "a"}, {"task": "b"}]\')', 2),
    ],
)


class Listener:
    """What has been notified since the last question."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._marks = 0
        connection.execute('listen "jobs:insert"; listen mark')

    def counts(self, notifier: psycopg.Connection[Any]) -> list[int]:
        """All that was committed before, in order: the mark that `notifier` sends now comes after it."""
        self._marks += 1
        notifier.execute("select pg_notify('mark', %s)", [str(self._marks)])
        counts: list[int] = []
        for notification in self._connection.notifies(timeout=10):
            if notification.channel == "mark":
                assert notification.payload == str(self._marks)
                return counts
            counts.append(json.loads(notification.payload)["count"])
        raise AssertionError("the mark did not arrive")


@pytest.fixture
def monitor(shared_database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(shared_database) as connection:
        connection.execute("select add_job('t', job_key => 'old')")
        yield connection


@pytest.fixture
def listener(shared_database: str, monitor: psycopg.Connection[Any]) -> Iterator[Listener]:
    assert monitor is not None
    with connect(shared_database) as connection:
        yield Listener(connection)


@ADDS
@pytest.mark.parametrize("setting", [None, "on", "off", "sparse"])
def test_every_way_to_add_does_as_it_is_told(
    monitor: psycopg.Connection[Any], listener: Listener, add: str, count: int, setting: str | None
) -> None:
    if setting is not None:
        monitor.execute("select set_config('graphile_worker.notify', %s, false)", [setting])
    monitor.execute(add.encode())
    assert listener.counts(monitor) == ([] if setting == "off" else [count])


@CHANGES
@pytest.mark.parametrize("setting", [None, "on", "off", "sparse"])
def test_every_way_to_make_a_job_due_does_as_it_is_told(
    monitor: psycopg.Connection[Any], listener: Listener, change: str, count: int, setting: str | None
) -> None:
    monitor.execute("select pause_queue('q'), pause_task('t')")
    if setting is not None:
        monitor.execute("select set_config('graphile_worker.notify', %s, false)", [setting])
    monitor.execute(change.encode())
    assert listener.counts(monitor) == ([] if setting == "off" else [count])


@CHANGES
def test_none_of_them_notifies_at_a_setting_that_is_none(
    monitor: psycopg.Connection[Any], change: str, count: int
) -> None:
    monitor.execute("select pause_queue('q'), pause_task('t')")
    monitor.execute("set graphile_worker.notify = 'often'")
    with pytest.raises(psycopg.Error) as raised:
        monitor.execute(change.encode())
    assert raised.value.sqlstate == "GWBNS"


def test_a_setting_of_one_transaction_ends_with_it(monitor: psycopg.Connection[Any], listener: Listener) -> None:
    with monitor.transaction():
        monitor.execute("set local graphile_worker.notify = 'off'")
        monitor.execute("select add_job('t')")
    assert listener.counts(monitor) == []
    monitor.execute("select add_job('t')")
    assert listener.counts(monitor) == [1]


def test_sparse_leaves_it_to_a_transaction_that_is_under_way(
    shared_database: str, monitor: psycopg.Connection[Any], listener: Listener
) -> None:
    with connections(shared_database, 3) as (first, second, third):
        for connection in (first, second, third):
            connection.execute("set graphile_worker.notify = 'sparse'")
            connection.commit()
        first.execute("select add_job('t'), add_job('t')")
        # None waits for the other, and to be told not to is no reason to notify less than before.
        second.execute("select add_job('t')")
        second.commit()
        assert listener.counts(monitor) == []
        monitor.execute("select add_job('t')")
        assert listener.counts(monitor) == [1]
        first.commit()
        assert listener.counts(monitor) == [1, 1]
        third.execute("select add_job('t')")
        third.commit()
        assert listener.counts(monitor) == [1]


def test_sparse_after_one_that_is_undone(
    shared_database: str, monitor: psycopg.Connection[Any], listener: Listener
) -> None:
    monitor.execute("set graphile_worker.notify = 'sparse'")
    with connections(shared_database, 1) as (undone,):
        undone.execute("set graphile_worker.notify = 'sparse'")
        undone.execute("select add_job('t')")
        undone.rollback()
        monitor.execute("select add_job('t')")
        assert listener.counts(monitor) == [1]


def test_the_client_says_what_is_wrong_with_the_setting(shared_database: str) -> None:
    separator = "&" if "?" in shared_database else "?"
    url = f"{shared_database}{separator}options=-c%20graphile_worker.notify%3Doften"
    message = r"graphile_worker\.notify 'often'.*on, sparse or off"
    with Client(url) as client, pytest.raises(InvalidArgument, match=message):
        client.add_job("t")
