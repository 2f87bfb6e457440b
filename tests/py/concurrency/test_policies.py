"""Workers of two releases that start at the same time; a first policy beside whoever adds jobs."""

from __future__ import annotations

import json
from typing import Any

from tests.py.support.sessions import Background, connect, connections

PUBLISH = "select publish_task_policies(%s)"


def policies(**expiries: str | None) -> list[Any]:
    """The arguments of a release with these tasks, of which some expire."""
    return [
        json.dumps({task: {"max_attempts": 3} | ({"expires_after": e} if e else {}) for task, e in expiries.items()})
    ]


def test_two_that_publish_the_first_expiry_do_not_wait_for_each_other(database: str) -> None:
    with connect(database) as monitor, connections(database, 2) as (one, other):
        monitor.execute(PUBLISH, policies(both=None))
        one.execute(PUBLISH, policies(a="1h"))
        second = Background(other, PUBLISH, policies(both=None, c="1h"))
        second.wait_blocked(monitor)
        # Whatever the other waits for, it has not locked this.
        one.execute(PUBLISH, policies(both=None))
        one.commit()
        assert second.result() == [(2,)]
        other.commit()
        rows = monitor.execute("select task_identifier, expires_after is not null from list_task_policies()").fetchall()
    assert rows == [("a", True), ("both", False), ("c", True)]


def test_who_has_added_jobs_before_takes_the_first_policy_once_it_is_committed(database: str) -> None:
    added = "select priority from add_job('t')"
    with connections(database, 2) as (operator, client):
        client.autocommit = True
        assert client.execute(added).fetchone() == (0,)
        operator.execute("select set_task_policy('t', priority => 7)")
        operator.rollback()
        # From now on the rooms are looked at, in which there is nothing.
        assert client.execute(added).fetchone() == (0,)
        operator.execute("select set_task_policy('t', priority => 7)")
        assert client.execute(added).fetchone() == (0,)
        operator.commit()
        assert client.execute(added).fetchone() == (7,)
