"""What those who look after the queue call: figures, pages, bulk changes and pauses, from both clients."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphile_worker import AsyncClient, Client, InvalidArgument, JobSpec, UnknownName
from tests import support

ROOT = Path(__file__).parents[3]


@pytest.fixture
def client(database: str) -> Iterator[Client]:
    with Client(database) as client:
        yield client


async def test_both_clients_have_the_same_calls(database: str) -> None:
    async with AsyncClient(database) as client:
        ids = await client.add_jobs(JobSpec(identifier="t", queue_name="q") for _ in range(3))
        await client.permanently_fail_jobs(ids[:2], "e")
        assert (await client.stats()).failed == 2
        assert [(t.task_identifier, t.failed) for t in await client.task_stats()] == [("t", 2)]
        assert [(q.queue_name, q.failed) for q in await client.list_queues()] == [("q", 2)]
        assert [q.ready for q in await client.longest_queues()] == [1]
        assert next(iter(await client.table_health())).table_name == "_private_jobs"
        assert [h for h in await client.list_xmin_holders() if h.kind != "session"] == []
        assert (await client.complete_matching_jobs(state="failed", dry_run=True)).changed == 2
        assert [job.id for job in await client.retry_jobs(ids[:1])] == ids[:1]
        assert (await client.retry_matching_jobs(error_like="e")).changed == 1
        assert (await client.reschedule_matching_jobs(queue="q", priority=3)).changed == 3
        assert (await client.fail_matching_jobs(job_ids=ids[:1], error_message="x")).changed == 1
        assert (await client.remove_matching_jobs(task="t")).changed == 3
        await client.add_job("t", {"n": 1}, job_key="k")
        assert (await client.complete_matching_jobs(task="t")).changed == 1
        assert await client.find_job("k") is None
        assert (await client.preview_cleanup(["gc_task_identifiers"]))[0].names == ["t"]
        assert await client.pause_queue("q") is True
        assert await client.pause_task("t", "why") is True
        assert {(p.kind, p.name, p.reason) for p in await client.list_paused()} == {
            ("queue", "q", None),
            ("task", "t", "why"),
        }
        assert await client.resume_queue("q") is True
        assert await client.resume_task("t") is True
        assert await client.resume_task("t") is False
        assert await client.list_workers() == []
        assert (await client.cleanup(max_rows=1))["gc_task_identifiers"] == 1


DRY_RUNS: list[Callable[[Client], Any]] = [
    lambda client: client.retry_matching_jobs(state="all", dry_run=True).changed,
    lambda client: client.fail_matching_jobs(state="all", error_message="x", dry_run=True).changed,
    lambda client: client.complete_matching_jobs(state="all", dry_run=True).changed,
    lambda client: client.remove_matching_jobs(state="all", dry_run=True).changed,
    lambda client: client.reschedule_matching_jobs(state="all", priority=7, dry_run=True).changed,
    lambda client: client.preview_cleanup(["delete_permanently_failed_jobs"])[0].removed,
    lambda client: client.force_unlock_workers(["w"], dry_run=True)[0].locked_jobs,
    lambda client: len(client.release_expired_locks(timedelta(0), dry_run=True)),
]


@pytest.mark.parametrize("call", DRY_RUNS)
def test_a_dry_run_changes_locks_and_notifies_nothing(
    client: Client, database: str, call: Callable[[Client], Any]
) -> None:
    ids = client.add_jobs(JobSpec(identifier="t") for _ in range(3))
    client.permanently_fail_jobs(ids[:1], "e")
    with psycopg.connect(database, autocommit=True) as connection, psycopg.connect(database) as other:
        connection.execute("select graphile_worker.get_jobs('w', max_jobs => 1)")
        connection.execute('listen "jobs:insert"')
        before = connection.execute("select jobs.*, xmin, xmax from graphile_worker._private_jobs as jobs").fetchall()
        # Somebody else holds all of them: nobody who wants to lock them would get away with that.
        other.execute("select from graphile_worker._private_jobs for update")
        found = call(client)
        other.rollback()
        assert found in (1, 2)
        rows = connection.execute("select jobs.* from graphile_worker._private_jobs as jobs").fetchall()
        assert rows == [row[:-2] for row in before]
        assert list(connection.notifies(timeout=0.2)) == []


def test_a_job_is_found_by_its_very_key(client: Client) -> None:
    found = client.add_job("t", {"key": "k"}, job_key="k", queue_name="q")
    client.add_job("t", {"key": "k"}, job_key="K")
    job = client.find_job("k")
    assert job == client.show_job(found.id)
    assert job is not None
    assert (job.payload, job.queue_name) == ({"key": "k"}, "q")
    assert client.find_job("nothing") is None
    with pytest.raises(InvalidArgument, match="job key"):
        client.find_job(7)  # type: ignore[arg-type]


def test_workers_are_unlocked_and_told_of(client: Client, database: str) -> None:
    client.add_jobs(JobSpec(identifier="t", queue_name="q") for _ in range(3))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select graphile_worker.get_jobs('w', max_jobs => 5)")
    would = client.force_unlock_workers(["w", "x"], dry_run=True)
    assert [(w.worker_id, w.locked_jobs, w.locked_queues) for w in would] == [("w", 1, 1)]
    assert client.force_unlock_workers(["w", "x"]) == would
    assert client.force_unlock_workers(["w", "x"]) == []


def test_every_change_by_filter_has_a_default_state(client: Client) -> None:
    states = client.list_default_states()
    assert {f"{action}_matching_jobs" for action in states} == {
        name for name in dir(Client) if name.endswith("_matching_jobs")
    }
    client.permanently_fail_jobs(client.add_jobs(JobSpec(identifier="t") for _ in range(2))[:1], "e")
    for action, state in states.items():
        call = getattr(client, f"{action}_matching_jobs")
        assert call(task="t", dry_run=True) == call(task="t", state=state, dry_run=True)


def test_pages_follow_each_other(client: Client) -> None:
    ids = client.add_jobs(JobSpec(identifier="t", payload={"n": n}) for n in range(25))
    found: list[int] = []
    before_id = None
    while True:
        page = client.list_jobs_page(limit=10, before_id=before_id)
        found += [job.id for job in page.jobs]
        if page.complete:
            break
        before_id = page.next_id
    assert found == ids[::-1]
    page = client.list_jobs_page(limit=10, after_id=ids[4])
    assert ([job.id for job in page.jobs], page.complete, page.next_id) == (ids[5:15][::-1], False, ids[14])


def test_a_search_says_how_far_it_looked(client: Client) -> None:
    ids = client.add_jobs(JobSpec(identifier="t", payload={"n": n}) for n in range(20))
    page = client.list_jobs_page(search='"n":3}', max_rows=5)
    assert (page.jobs, page.looked_at, page.complete, page.next_id) == ([], 5, False, ids[15])
    while not page.jobs:
        assert page.next_id is not None
        page = client.list_jobs_page(search='"n":3}', max_rows=5, before_id=page.next_id)
    assert [job.id for job in page.jobs] == [ids[3]]
    # By its id it is found at once; the search for others begins with the next page.
    page = client.list_jobs_page(search=str(ids[3]), max_rows=5, limit=1)
    assert ([job.id for job in page.jobs], page.next_id) == ([ids[3]], ids[-1] + 1)


def test_bulk_changes_go_on_where_they_stopped(client: Client) -> None:
    client.add_jobs(JobSpec(identifier="t") for _ in range(25))
    after_id, changed = 0, []
    while True:
        result = client.fail_matching_jobs(task="t", max_jobs=10, after_id=after_id)
        changed.append(result.changed)
        if not result.more:
            break
        after_id = result.last_id
    assert changed == [10, 10, 5]
    noon = datetime.now(UTC) + timedelta(hours=1)
    assert client.retry_matching_jobs(task="t", changed_since=noon).changed == 0
    assert client.retry_matching_jobs(task="t", changed_before=noon).changed == 25


def test_bulk_changes_refuse_what_is_not_meant(client: Client) -> None:
    for call in (client.retry_matching_jobs, client.fail_matching_jobs, client.remove_matching_jobs):
        with pytest.raises(InvalidArgument, match="no filter"):
            call()
    with pytest.raises(UnknownName, match="nosuch"):
        client.remove_matching_jobs(task="nosuch")


def test_bulk_changes_and_workers_keep_out_of_each_others_way(client: Client, database: str) -> None:
    """Whoever comes first has the job: none is run and removed, none is left over, nobody waits or fails."""
    count = 2000
    client.add_jobs(JobSpec(identifier="t", queue_name=f"q{n % 7}" if n % 2 else None) for n in range(count))
    ran: list[int] = []
    removed = 0

    def work(worker_id: str) -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while ids := [
                row[0]
                for row in connection.execute("select id from graphile_worker.get_jobs(%s, max_jobs => 5)", [worker_id])
            ]:
                done = connection.execute(
                    "select graphile_worker.complete_jobs(%s::text, %s)", [worker_id, ids]
                ).fetchall()
                assert sorted(row[0] for row in done) == sorted(ids)
                ran.extend(ids)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(2)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers) or client.stats().total:
        removed += client.remove_matching_jobs(state="all", max_jobs=3).changed
    for worker in workers:
        worker.join()
    assert len(ran) == len(set(ran))
    assert len(ran) + removed == count
    assert ran
    assert removed


def test_resuming_wakes_those_who_listen(client: Client, database: str) -> None:
    client.add_jobs(JobSpec(identifier="t", queue_name="q") for _ in range(3))
    client.pause_task("t")
    client.pause_queue("q")
    with psycopg.connect(database, autocommit=True) as listener:
        listener.execute('listen "jobs:insert"')
        client.resume_task("t")
        client.resume_queue("q")
        heard = [json.loads(notify.payload)["count"] for notify in listener.notifies(timeout=10, stop_after=2)]
    assert heard == [3, 1]


def test_who_pins_the_horizon_is_named(client: Client, database: str) -> None:
    with psycopg.connect(database, application_name="forgotten") as old:
        old.execute("create temp table t ()")
        [holder] = [h for h in client.list_xmin_holders() if h.name == "forgotten"]
        assert (holder.kind, holder.pid, holder.state) == ("session", old.info.backend_pid, "idle in transaction")
        assert holder.since is not None
        assert "create temp table" in (holder.query or "")
    # A session that ends drops its temporary tables, in one more transaction.
    support.wait_until(
        lambda: all(holder.name != "forgotten" for holder in client.list_xmin_holders()),
        timedelta(seconds=30),
        "the session to be gone",
    )


def test_an_exporter_reads_what_the_guide_grants(client: Client, database: str) -> None:
    [grants] = re.findall(
        r"```sql\ncreate role queue_metrics login;\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL
    )
    role = f"queue_metrics_{psycopg.conninfo.conninfo_to_dict(database)['dbname']}"
    client.add_job("t")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f'create role "{role}"')
        try:
            owner.execute(grants.replace("queue_metrics", f'"{role}"'))
            owner.execute(f'set role "{role}"')
            assert owner.execute("select ready from graphile_worker.metrics").fetchone() == (1,)
            assert owner.execute("select task, ready from graphile_worker.task_metrics").fetchall() == [("t", 1)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute("select * from graphile_worker.list_jobs()")
        finally:
            owner.execute("reset role")
            owner.execute(f'drop owned by "{role}"; drop role "{role}"')


def test_the_dashboard_asks_for_metrics_that_there_are(client: Client, database: str) -> None:
    pytest.importorskip("prometheus_client")
    from prometheus_client import CollectorRegistry

    from graphile_worker.contrib.prometheus import Prometheus

    registry = CollectorRegistry()
    Prometheus(registry=registry)
    served = {
        name for metric in registry.collect() for name in (metric.name, f"{metric.name}_total", f"{metric.name}_bucket")
    }
    with psycopg.connect(database) as connection:
        for view, prefix in (("metrics", ""), ("task_metrics", "task_")):
            cursor = connection.execute(f"select * from graphile_worker.{view}".encode())
            served |= {f"graphile_worker_{prefix}{column.name}" for column in cursor.description or ()}
    dashboard = json.loads((ROOT / "contrib/grafana/graphile_worker.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked = {name for expression in expressions for name in re.findall(r"graphile_worker_\w+", expression)}
    assert len(asked) > 15
    assert asked <= served
    collected = set(re.findall(r"metric_name: (\w+)", (ROOT / "contrib/grafana/sql_exporter.yml").read_text()))
    assert collected <= served
    # What the workers do not serve themselves, the collector does.
    assert {name for name in asked if not re.search(r"_jobs_(?!added|deleted)|_job_", name)} <= collected
