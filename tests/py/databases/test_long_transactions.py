"""What docs/transactions.md and docs/production.md say of transactions that stay open, and of numbers that end."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from tests.py.support.sessions import Background, connect, connections, ids

ADD = "select id from add_job('new', queue_name => 'new')"
DOCS = Path(__file__).parents[3] / "docs"


def documented(page: str, pattern: str) -> str:
    """The statement of this page of docs/ that the pattern finds."""
    [statement] = re.findall(pattern, (DOCS / f"{page}.md").read_text(), re.MULTILINE)
    return str(statement)


def needs_prepared_transactions(connection: psycopg.Connection) -> None:
    if ids(connection, "select current_setting('max_prepared_transactions')::integer") == [0]:
        pytest.skip("this server has max_prepared_transactions = 0")


def test_the_first_job_of_a_task_keeps_others_waiting(shared_database: str) -> None:
    with (
        connections(shared_database, 1) as (first,),
        connections(shared_database, 2, autocommit=True) as (second, third),
    ):
        first.execute(ADD.encode())
        waiting = Background(second, ADD)
        waiting.wait_blocked(third)
        # Other names are not concerned.
        third.execute("select add_job('other')")
        first.commit()
        waiting.result()


def test_names_that_were_made_known_keep_nobody_waiting(shared_database: str) -> None:
    [known] = re.findall(
        r"^select graphile_worker\.remove_job.*;$", (DOCS / "transactions.md").read_text(), re.MULTILINE
    )
    with connections(shared_database, 1) as (first,), connect(shared_database) as second:
        second.execute(known.replace("send_invoice", "new").encode())
        assert ids(second, "select id from jobs") == []
        first.execute("select add_job('new')")
        second.execute("set lock_timeout = '1s'")
        second.execute("select add_job('new')")


@pytest.mark.parametrize("setting", ["on", "sparse"])
def test_what_notifies_cannot_be_prepared(shared_database: str, setting: str) -> None:
    with connections(shared_database, 1) as (session,):
        needs_prepared_transactions(session)
        session.execute(f"set local graphile_worker.notify = '{setting}'".encode())
        session.execute("select add_job('t')")
        with pytest.raises(errors.FeatureNotSupported, match="NOTIFY"):
            session.execute("prepare transaction 'a'")


def test_what_does_not_notify_can_be_prepared(shared_database: str) -> None:
    [example] = re.findall(
        r"^begin;\n.*?prepare transaction .*?;$", (DOCS / "transactions.md").read_text(), re.MULTILINE | re.DOTALL
    )
    with connect(shared_database) as session, connect(shared_database) as other:
        needs_prepared_transactions(session)
        for statement in example.split(";\n"):
            session.execute(statement.encode())
        assert ids(other, "select id from jobs") == []
        other.execute("commit prepared 'order 7'")
        assert len(ids(other, "select id from jobs where task_identifier = 'send_invoice'")) == 1


def test_the_last_queue_there_can_be(database: str) -> None:
    [remedy] = re.findall(
        r"`(alter table\s+graphile_worker\._private_job_queues [^`]*)`", (DOCS / "production.md").read_text()
    )
    with connect(database) as owner:
        owner.execute("select setval('_private_job_queues_id_seq', 2147483646)")
        owner.execute("select add_job('t', queue_name => 'last')")
        with pytest.raises(errors.SequenceGeneratorLimitExceeded):
            owner.execute("select add_job('t', queue_name => 'one too many')")
        owner.execute("select add_job('t', queue_name => 'last')")
        owner.execute(remedy.encode())
        owner.execute("select add_job('t', queue_name => 'one more')")


def test_the_last_revision_there_can_be(database: str) -> None:
    with connect(database) as owner:
        owner.execute("select add_job('t', job_key => 'k')")
        owner.execute("update _private_jobs set revision = 2147483647")
        with pytest.raises(errors.NumericValueOutOfRange):
            owner.execute("select add_job('t', job_key => 'k')")
        owner.execute("select remove_job('k')")
        assert ids(owner, "select revision from add_job('t', job_key => 'k')") == [0]
