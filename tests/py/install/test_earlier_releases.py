"""What an earlier release has made becomes this one's with every row; its workers go on beside this one's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from graphile_worker import Client, Fixed, JobSpec, __version__, migrate
from tests import support
from tests.py.support.extension import MEMBERS, SCHEMAS, as_role, builder, extension_server, grant, plain_role, rows
from tests.py.support.history import Lease, counts, violations
from tests.releases import earlier
from tools.snapshot import difference, snapshot

Contents = dict[str, tuple[list[str], list[tuple]]]

# Jobs that are due, in queues, later, keyed and flagged; claimed, failed for good and waiting for a retry; pauses,
# crontabs, workers, a crash. {app} is a role.
USED = """
    select add_jobs(array(
      select row('task ' || i % 7, json_build_object('i', i), case when i % 3 = 0 then 'queue ' || i % 5 end,
        case when i % 2 = 0 then now() + interval '1 day' end, null, case when i % 11 = 0 then 'key ' || i end,
        i % 3, case when i % 13 = 0 then array['flag'] end)::job_spec
      from generate_series(1, 200) as i
    ));
    select get_jobs('worker 1', null, 20);
    select permanently_fail_jobs(array(select j.id from _private_jobs as j where j.locked_at is null limit 3), 'no');
    select fail_jobs('worker 1', array(select min(j.id) from _private_jobs as j where j.locked_at is not null), '{oh}');
    select worker_heartbeat('worker 1', '{}');
    select pause_queue('queue 1', 'moved');
    select pause_task('task 1');
    select register_crontabs('{hourly,daily}');
    insert into _private_crashes values (1, 2, now(), 'worker 0');
    insert into migrations values (21, now(), false);
    select grant_role('{app}', 'enqueue');
"""
# Number and nature of what lies there then: a filling that leaves something out would prove nothing about it.
STATES = """
    select
      count(*) = 200,
      count(*) filter (where j.locked_at is not null) = 19,
      count(*) filter (where q.locked_at is not null) > 0,
      count(*) filter (where j.attempts >= j.max_attempts) = 3,
      count(*) filter (where j.last_error = 'oh') = 1
    from _private_jobs as j left join _private_job_queues as q on q.id = j.job_queue_id
"""

# Due, not failed for good, or held.
PENDING = """
    select count(*) from graphile_worker._private_jobs as j
    where j.attempts < j.max_attempts or j.locked_at is not null"""
LEASE = ("job", "queue", "worker", "start", "end")


@pytest.fixture(scope="module", params=earlier.versions())
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> earlier.Release:
    return earlier.unpack(request.param, tmp_path_factory.mktemp("release"))


def fill(url: str, schema: str, app: str) -> Contents:
    """Uses a queue as an application would, with something in every table; returns what lies there."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'set search_path to "{schema}"')
        connection.execute(USED.replace("{app}", app).encode())
        assert connection.execute(STATES).fetchone() == (True,) * 5
    found = contents(url, schema)
    assert [table for table, (_, lines) in found.items() if not lines] == []
    return found


def contents(url: str, schema: str, columns: dict[str, list[str]] | None = None) -> Contents:
    """Every table with its rows; of the columns named only, as a later release may have more of both."""
    query = f"""
        select c.relname::text, array_agg(a.attname::text order by a.attnum)
        from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = '"{schema}"'::regnamespace and c.relkind = 'r' group by c.relname"""
    chosen = columns or dict(rows(url, query))
    # Says of itself what has changed.
    return {
        table: (names, rows(url, f'select {", ".join(names)} from "{schema}".{table} order by 1'))
        for table, names in chosen.items()
        if table not in ("_private_bundle", "_private_migrations")
    }


def columns_of(found: Contents) -> dict[str, list[str]]:
    return {table: names for table, (names, _) in found.items()}


def catalog(url: str, schema: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        return snapshot(connection, schema, full=True)


def ledgers(url: str, schema: str) -> list[list[tuple]]:
    return [
        rows(url, f'select id, name, breaking from "{schema}"._private_migrations order by id'),
        rows(url, f'select version, checksum, fingerprint from "{schema}"._private_bundle'),
    ]


@pytest.mark.parametrize("version", earlier.versions())
def test_every_release_is_kept_as_it_was(version: str) -> None:
    folder = earlier.HERE / version
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert {Path(name).suffix for name in sums} == {".whl", ".gz"}


def test_its_own_package_runs(release: earlier.Release, empty_database: str) -> None:
    """Not that of the tree, which is installed, too."""
    assert release.command(empty_database, "--version") == f"graphile-worker {release.version}\n"
    assert release.version != __version__


@pytest.mark.parametrize("schema", SCHEMAS)
def test_migrate(release: earlier.Release, server_url: str, schema: str) -> None:
    with (
        plain_role(server_url) as app,
        support.temporary_database(server_url) as url,
        support.temporary_database(server_url) as fresh,
    ):
        release.migrate(url, schema)
        assert rows(url, f'select version from "{schema}"._private_bundle') == [(release.version,)]
        before = fill(url, schema, app)

        assert migrate(url, schema=schema).bundle_replaced

        assert contents(url, schema, columns_of(before)) == before
        with psycopg.connect(as_role(url, app)) as connection:
            connection.execute(f"""select "{schema}".add_job('t')""")
        grant(url, f"select {{}}.grant_role('{app}', 'none')", schema)
        migrate(fresh, schema=schema)
        assert difference(catalog(fresh, schema), catalog(url, schema)) == ""
        assert ledgers(url, schema) == ledgers(fresh, schema)

        # An instance of the earlier release that starts late takes nothing back.
        assert f"the functions of release {__version__} stay" in release.migrate(url, schema)
        assert ledgers(url, schema) == ledgers(fresh, schema)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Offers the extension of the tree, and of every earlier release."""
    files = builder().Release.read().files(18)
    for version in earlier.versions():
        files |= earlier.extension_script(version)
    with extension_server("", files) as url:
        yield url


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("version", earlier.versions())
def test_alter_extension_update(server: str, version: str, schema: str) -> None:
    with (
        plain_role(server) as app,
        support.temporary_database(server) as url,
        support.temporary_database(server) as fresh,
    ):
        grant(url, "create schema {}", schema)
        grant(url, f"create extension graphile_worker schema {{}} version '{version}'", schema)
        before = fill(url, schema, app)

        grant(url, "alter extension graphile_worker update")

        assert rows(url, "select extversion from pg_extension where extname = 'graphile_worker'") == [(__version__,)]
        assert contents(url, schema, columns_of(before)) == before
        with psycopg.connect(as_role(url, app)) as connection:
            connection.execute(f"""select "{schema}".add_job('t')""")
        grant(url, f"select {{}}.grant_role('{app}', 'none')", schema)
        grant(fresh, "create schema {}", schema)
        grant(fresh, "create extension graphile_worker schema {}", schema)
        assert difference(catalog(fresh, schema), catalog(url, schema)) == ""
        assert ledgers(url, schema) == ledgers(fresh, schema)
        assert rows(url, MEMBERS) == rows(fresh, MEMBERS)


def test_its_workers_go_on_through_the_migration_and_beside_ours(
    previous_release: earlier.Release, empty_database: str, tmp_path: Path
) -> None:
    url, gate = empty_database, tmp_path / "gate"
    previous_release.migrate(url)
    with Client(url) as client, previous_release.worker(url, "t") as theirs:
        # Each worker has room for one job: none gets past the gate before both have theirs.
        first = [client.add_job("t", {"until": str(gate)}).id]
        assert theirs.wait_started(1) == first
        migrate(url)
        with earlier.present().worker(url, "t") as ours:
            first.append(client.add_job("t", {"until": str(gate)}).id)
            assert ours.wait_started(1) == first[1:]
            added = client.add_jobs(
                JobSpec(identifier="t", queue_name=f"q{number % 3}" if number % 2 else None) for number in range(60)
            )
            spent = [client.add_job("t", {"fail": "for good"}, max_attempts=1).id for _ in range(2)]
            gate.touch()
            support.wait_until(lambda: support.scalar(url, PENDING) == 0, timedelta(seconds=20))
            records = [*theirs.stop(), *ours.stop()]
    leases = [Lease(*(record[name] for name in LEASE)) for record in records]
    assert violations(leases, expected=[*first, *added, *spent]) == []
    assert set(counts(leases).values()) == {1}
    assert {record["version"] for record in records} == {previous_release.version, __version__}
    failed = rows(url, "select id, last_error from graphile_worker._private_jobs order by id")
    assert [(id_, error.splitlines()[0]) for id_, error in failed] == [(id_, "RuntimeError: for good") for id_ in spent]


def test_a_drain_beside_its_workers(previous_release: earlier.Release, database: str) -> None:
    """With queues, which all share, and failures, whose retries go by one policy: each job is done once."""
    with Client(database) as client:
        client.set_task_policy("t", retry=Fixed([timedelta(0)]))
        fine = client.add_jobs(
            JobSpec(identifier="t", queue_name=f"q{number % 7}" if number % 3 == 0 else None) for number in range(1800)
        )
        once = client.add_jobs(
            JobSpec(identifier="t", payload={"fail": "once", "times": 1}, queue_name=f"q{number % 7}")
            for number in range(100)
        )
        spent = client.add_jobs(
            JobSpec(identifier="t", payload={"fail": "for good"}, max_attempts=2) for _ in range(100)
        )
        with (
            previous_release.worker(database, "t", concurrency=4) as theirs,
            earlier.present().worker(database, "t", concurrency=4) as ours,
        ):
            support.wait_until(lambda: support.scalar(database, PENDING) == 0, timedelta(seconds=60))
            records = [theirs.stop(), ours.stop()]
        assert client.stats().locked_queues == 0
    leases = [Lease(*(record[name] for name in LEASE)) for ran in records for record in ran]
    assert violations(leases, expected=[*fine, *once, *spent]) == []
    assert counts(leases) == {**dict.fromkeys(fine, 1), **dict.fromkeys([*once, *spent], 2)}
    assert min(map(len, records)) > 100, "one of the two did nearly all"
    left = rows(database, "select id, attempts from graphile_worker._private_jobs order by id")
    assert left == [(id_, 2) for id_ in spent]
