"""CREATE EXTENSION: by a plain role, in any schema; through pg_dump and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client, JobSpec, MigrationError, TaskRegistry, Worker, migrate
from tests import support
from tests.py.support.extension import (
    SCHEMAS,
    Plain,
    as_role,
    builder,
    extension_server,
    grant,
    pg_dump,
    plain_role,
    rows,
    run_psql,
)
from tools.snapshot import difference, snapshot

# A tick that has passed, unseen.
OVERDUE = """
    select set_schedule('hourly', every => '1 hour', starts_at => now() - interval '2 minutes', task => 'task 1');
    update _private_schedules set next_tick = starts_at where identifier = 'hourly'"""


@pytest.fixture(scope="module")
def server(server_url: str) -> Iterator[str]:
    with extension_server(server_url) as url:
        yield url


@pytest.fixture(params=SCHEMAS)
def plain(server: str, request: pytest.FixtureRequest) -> Iterator[Plain]:
    # The roles go last: until then something in the databases depends on them.
    with plain_role(server) as role, plain_role(server) as app, support.temporary_database(server) as url:
        grant(url, "create schema {} authorization {}", request.param, role)
        yield Plain(server, url, role, app, request.param)


async def test_a_plain_role_creates_it_runs_jobs_and_drops_it(plain: Plain) -> None:
    plain.create_extension()
    tasks = TaskRegistry()
    seen: list[object] = []
    tasks.add(lambda payload: seen.append(payload), "note")
    with Client(plain.url, schema=plain.schema) as client:
        client.add_job("note", {"a": 1})
        client.add_jobs([JobSpec(identifier="note", payload=i, queue_name="q") for i in (2, 3)])
    await Worker(plain.url, tasks, schema=plain.schema).run_once()
    assert sorted(map(str, seen)) == ["2", "3", "{'a': 1}"]

    with psycopg.connect(plain.url, autocommit=True) as connection:
        connection.execute("drop extension graphile_worker")
        left_over = connection.execute(
            """
            select d.classid::regclass, d.objid, d.deptype from pg_depend as d
            where d.refclassid = 'pg_namespace'::regclass and d.refobjid = %s::text::regnamespace
            """,
            [f'"{plain.schema}"'],
        ).fetchall()
    assert left_over == []


def test_it_needs_no_superuser_and_is_trusted(server: str) -> None:
    columns = "superuser, relocatable, schema" + (", trusted" if _version(server) >= 130000 else "")
    found = rows(server, f"select {columns} from pg_available_extension_versions where name = 'graphile_worker'")
    assert {row[:3] for row in found} == {(False, False, None)}
    assert {row[3:] for row in found} <= {(True,), ()}


def test_it_belongs_to_whoever_creates_it(plain: Plain) -> None:
    plain.create_extension()
    owners = rows(
        plain.url,
        f"""
        select distinct pg_get_userbyid(o.owner) from (
          select c.relowner from pg_class as c where c.relnamespace = '"{plain.schema}"'::regnamespace
          union all
          select p.proowner from pg_proc as p where p.pronamespace = '"{plain.schema}"'::regnamespace
          union all
          select e.extowner from pg_extension as e where e.extname = 'graphile_worker'
        ) as o (owner)
        """,
    )
    assert owners == [(plain.role,)]


def test_it_is_what_migrate_installs(plain: Plain) -> None:
    plain.create_extension()
    # PostgreSQL quotes the schema's name in the script only where it must: only then are the bodies the same text.
    full = plain.schema == "My Queue"
    with support.temporary_database(plain.server) as url:
        grant(url, "create schema {} authorization {}", plain.schema, plain.role)
        migrate(as_role(url, plain.role), schema=plain.schema)
        state = plain.state(url)
        with psycopg.connect(url) as connection:
            catalog = snapshot(connection, plain.schema, full=full)
    created = plain.state()
    if not full:
        assert [row[:2] for row in created.pop("bundle")] == [row[:2] for row in state.pop("bundle")]
    assert created == state
    with psycopg.connect(plain.superuser_url) as connection:
        assert difference(catalog, snapshot(connection, plain.schema, full=full)) == ""


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a$b", "a\\b"])
def test_names_that_could_end_a_literal_are_refused(server: str, name: str) -> None:
    with support.temporary_database(server) as url:
        grant(url, "create schema {}", name)
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="invalid character in extension"):
            grant(url, "create extension graphile_worker schema {}", name)


def test_dump_and_restore(plain: Plain) -> None:
    plain.create_extension()
    with ExitStack() as stack:
        _fill(plain)
        dump = pg_dump(plain.superuser_url)
        restored = stack.enter_context(support.temporary_database(plain.server))
        result = run_psql(restored, stdin=dump)
        assert result.returncode == 0, result.stderr

        before = plain.state()
        assert len(before["jobs"]) == 10_001
        # Of whatever table there is: none that holds what somebody did to the queue may be left out.
        assert [name for name, found in before.items() if not found] == []
        assert plain.state(restored) == before
        # As its owner, as pg_dump leaves that to the caller.
        assert plain.next_ids(restored) == plain.next_ids()
        with psycopg.connect(as_role(restored, plain.app)) as connection:
            connection.execute(f"""select "{plain.schema}".add_job('t')""")
            # Whether any policy was ever set is told by a sequence.
            priority = f"""select priority from "{plain.schema}".add_job('task 2')"""
            assert connection.execute(priority).fetchone() == (7,)
            add = f"""select is_new from "{plain.schema}".add_unique_job('task 1', within => '1 hour')"""
            assert connection.execute(add).fetchone() == (False,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f'select * from "{plain.schema}".stats()')

            # A tick of the time between is made up for, once; what is paused stays so.
        with psycopg.connect(as_role(restored, plain.role)) as connection:
            due = f"""select identifier, outcome from "{plain.schema}".schedule_due_jobs()"""
            assert connection.execute(due).fetchall() == [("hourly", "added")]
            assert connection.execute(due).fetchall() == []

        # And once more: what was restored is as good as the first.
        again = stack.enter_context(support.temporary_database(plain.server))
        assert run_psql(again, stdin=pg_dump(restored)).returncode == 0
        assert plain.state(again) == plain.state(restored)


def _fill(plain: Plain) -> None:
    """Jobs in every state, crontabs, workers, crashes, a revision of another runtime's, and a role."""
    with psycopg.connect(plain.url, autocommit=True) as connection:
        connection.execute(f'set search_path to "{plain.schema}"')
        connection.execute(
            """
            select add_jobs(array(
              select row('task ' || i % 7, json_build_object('i', i), case when i % 3 = 0 then 'queue ' || i % 5 end,
                case when i % 2 = 0 then now() + interval '1 day' end, null, case when i % 11 = 0 then 'key ' || i end,
                i % 3, case when i % 13 = 0 then array['flag'] end)::job_spec
              from generate_series(1, 10000) as i
            ))
            """
        )
        connection.execute("select get_jobs('worker 1', null, 20)")
        connection.execute("select permanently_fail_jobs(array[9000, 9001])")
        connection.execute("select worker_heartbeat('worker 1', '{}')")
        connection.execute("insert into _private_known_crontabs values ('tick', now(), now())")
        connection.execute("insert into _private_paused_queues (queue_name, reason) values ('queue 1', 'moved')")
        connection.execute("insert into _private_paused_tasks (task_identifier) values ('task 1')")
        connection.execute("insert into _private_crashes values (1, 2, now(), 'worker 0')")
        connection.execute("insert into _private_refused_claims values (3, now(), now(), now(), 1, 'not this one')")
        connection.execute("insert into _private_missing_workers values ('worker 0', now(), '1 s', now(), now())")
        connection.execute("select set_task_policy('task 2', timeout => '1 minute', priority => 7, reason => 'slow')")
        connection.execute("select limit_task('task 2', 3, rate => 5, reason => 'slow')")
        connection.execute("insert into _private_buckets values ('task', 'task 2', '', now(), now())")
        connection.execute("select set_schedule('daily', '0 4 * * *', task => 'task 1')")
        connection.execute("select pause_schedule('daily', 'holidays')")
        connection.execute(OVERDUE)
        connection.execute("insert into migrations values (21, now(), false)")
        # A number that is used up and belongs to no row: only the sequence knows.
        connection.execute("begin; select add_job('rolled back', queue_name => 'rolled back'); rollback")
        connection.execute("select grant_role(%s, 'enqueue')", [plain.app])
        connection.execute("select add_unique_job('task 1', within => '1 hour')")


def test_the_other_ways_to_install_leave_it_alone(plain: Plain, tmp_path: Path) -> None:
    plain.create_extension()
    before = plain.state()
    with pytest.raises(MigrationError, match="alter extension graphile_worker update"):
        migrate(plain.url, schema=plain.schema)
    one_file = tmp_path / "graphile_worker.sql"
    one_file.write_text(builder().Release.read().files(15)["graphile_worker.sql"])
    result = run_psql(plain.url, "-v", f"schema={plain.schema}", "-f", str(one_file))
    assert result.returncode == 3
    assert "alter extension graphile_worker update" in result.stderr
    assert plain.state() == before


def _version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version
