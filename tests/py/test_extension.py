"""CREATE EXTENSION: by a plain role, in any schema; through pg_dump and back; over a schema that `migrate` made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from graphile_worker import Client, JobSpec, MigrationError, TaskRegistry, Worker, migrate
from tests import support
from tests.py.extension_support import (
    ROOT,
    SCHEMAS,
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

MEMBERS = """
    select pg_describe_object(d.classid, d.objid, 0)
    from pg_depend as d inner join pg_extension as e on d.refobjid = e.oid
    where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'graphile_worker'
    order by 1
"""


@dataclass
class Plain:
    """A database in which a plain role owns one schema and nothing else, and another one owns nothing at all."""

    server: str
    superuser_url: str
    role: str
    app: str
    schema: str

    @property
    def url(self) -> str:
        return as_role(self.superuser_url, self.role)

    def create_extension(self, version: str | None = None) -> None:
        options = f" version '{version}'" if version else ""
        grant(self.url, "create extension graphile_worker schema {}" + options, self.schema)

    def state(self, url: str | None = None) -> dict[str, list[tuple]]:
        """Every row of every table; when the install ran is not part of it."""
        state = {}
        tables = (
            f"select tablename from pg_tables where schemaname = '{self.schema}' and tablename like '\\_private\\_%'"
        )
        for (table,) in rows(url or self.url, tables):
            found = rows(url or self.url, f'select * from "{self.schema}".{table} order by 1')
            state[table.removeprefix("_private_")] = found
        state["migrations"] = [row[:2] for row in state["migrations"]]
        state["bundle"] = [row[:3] for row in state["bundle"]]
        state["shared ledger"] = rows(
            url or self.url, f'select id, breaking from "{self.schema}".migrations order by 1'
        )
        return state

    def next_ids(self, url: str | None = None) -> list[int]:
        """The ids of a job, a task and a queue that are new."""
        with Client(url or self.url, schema=self.schema) as client:
            job = client.add_job("a new task", queue_name="a new queue")
        found = rows(
            url or self.url,
            f'select t.id, q.id from "{self.schema}"._private_tasks as t, "{self.schema}"._private_job_queues as q '
            "where t.identifier = 'a new task' and q.queue_name = 'a new queue'",
        )
        return [job.id, *found[0]]


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
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f'select * from "{plain.schema}".stats()')

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
        connection.execute("insert into migrations values (21, now(), false)")
        # A number that is used up and belongs to no row: only the sequence knows.
        connection.execute("begin; select add_job('rolled back', queue_name => 'rolled back'); rollback")
        connection.execute("select grant_role(%s, 'enqueue')", [plain.app])
        connection.execute("select add_job('task 1')")


def test_adopts_what_migrate_made(plain: Plain) -> None:
    with support.temporary_database(plain.server) as url:
        grant(url, "create schema {}", plain.schema)
        grant(url, "create extension graphile_worker schema {}", plain.schema)
        members = rows(url, MEMBERS)

    migrate(plain.url, schema=plain.schema)
    with Client(plain.url, schema=plain.schema) as client:
        client.add_job("t", {"a": 1}, queue_name="q", job_key="k")
    grant(plain.url, "create table {}.mine ()", plain.schema)
    before = plain.state()
    with psycopg.connect(plain.url) as connection:
        connection.execute(
            sql.SQL("create extension graphile_worker schema {} version 'unpackaged'").format(
                sql.Identifier(plain.schema)
            )
        )
        connection.execute("alter extension graphile_worker update")
    assert rows(plain.url, MEMBERS) == members
    after = plain.state()
    if plain.schema == "graphile_worker":
        del before["bundle"], after["bundle"]
    assert after == before

    restored_ids = plain.next_ids()
    with support.temporary_database(plain.server) as restored:
        assert run_psql(restored, stdin=pg_dump(plain.superuser_url)).returncode == 0
        assert plain.state(restored)["jobs"] == plain.state()["jobs"]
        with Client(restored, schema=plain.schema) as client:
            assert client.add_job("t").id == restored_ids[0] + 1


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


def test_can_be_given_back(plain: Plain) -> None:
    """What docs/install.md says about the way back."""
    plain.create_extension()
    documentation = (ROOT / "docs/install.md").read_text()
    block = next(block for block in documentation.split("```") if "alter extension graphile_worker drop" in block)
    result = run_psql(plain.url, stdin=block.removeprefix("sql\n"))
    assert result.returncode == 0, result.stderr
    assert rows(plain.url, MEMBERS) == []
    with Client(plain.url, schema=plain.schema) as client:
        client.add_job("t")
    assert migrate(plain.url, schema=plain.schema).applied == []


def test_adopts_nothing_else(plain: Plain) -> None:
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="there is no queue in schema"):
        plain.create_extension("unpackaged")
    migrate(plain.url, schema=plain.schema)
    grant(plain.url, "update {}._private_bundle set version = '0.0.9'", plain.schema)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=r"release 0\.0\.9") as error:
        plain.create_extension("unpackaged")
    assert "graphile-worker migrate" in str(error.value.diag.message_hint)
    assert rows(plain.url, MEMBERS) == []


def _version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version
