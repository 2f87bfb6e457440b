"""What the admin page shows besides jobs, and how seldom it asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg.conninfo import make_conninfo

from graphile_worker import AsyncClient, JobSpec, __version__
from graphile_worker.admin import BasicAuth, BearerAuth, _database
from tests.py.support.admin import Api, api, basic
from tests.py.support.sessions import connect, ids


@pytest.fixture
async def page(shared_database: str) -> AsyncIterator[Api]:
    async with api(shared_database) as opened:
        yield opened


@pytest.fixture
async def client(shared_database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(shared_database) as opened:
        yield opened


async def test_the_session_says_where_this_is(page: Api, shared_database: str) -> None:
    session = await page.get("session")
    assert session["schema"] == "graphile_worker"
    assert session["database"] == shared_database.rpartition("/")[2]
    assert session["version"] == __version__
    assert session["server_version"].split(".")[0].isdigit()
    assert (session["auth"], session["user"], session["read_only"]) == ("none", None, False)
    assert (session["can_migrate"], session["crontab_given"]) == (True, False)
    assert abs(datetime.fromisoformat(session["now"]) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_the_session_says_what_the_page_may_ask_for(page: Api) -> None:
    session = await page.get("session")
    await page.post("jobs/action", action="complete", ids=list(range(session["max_ids"])), dry_run=True)
    await page.post("jobs/action", 400, action="complete", ids=list(range(session["max_ids"] + 1)), dry_run=True)
    threshold = session["sweep"]["threshold_secs"]
    await page.post("maintenance", action="sweep-stale-workers", sweep_threshold_secs=threshold, dry_run=True)


async def test_addresses_that_are_asked_for_the_same_keep_an_answer_each(page: Api) -> None:
    for _ in range(2):
        for path, member in (("paused", "paused"), ("health", "tables"), ("crontabs", "crontabs")):
            assert member in await page.get(path)


async def test_the_session_says_who_this_is(shared_database: str) -> None:
    async with api(shared_database, auth=BasicAuth("ada", "pw"), read_only=True) as page:
        page.http.headers.update(basic("ada", "pw"))
        session = await page.get("session")
    assert (session["auth"], session["user"], session["read_only"]) == ("basic", "ada", True)
    assert "pw" not in session.values()


async def test_the_overview_of_an_empty_queue(page: Api) -> None:
    overview = await page.get("overview")
    assert overview["stats"]["total"] == 0
    assert overview["stats"]["oldest_ready_age"] is None
    assert overview["rates"] is None
    assert [overview[name] for name in ("queues", "workers", "locked_workers", "paused")] == [[], [], [], []]
    (sample,) = overview["samples"]
    assert sample["seq"] == overview["seq"]


async def test_the_overview_has_counts_and_whoever_holds_something(
    page: Api, client: AsyncClient, shared_database: str
) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    await client.add_jobs(JobSpec(identifier="t", queue_name="q", run_at=past) for _ in range(3))
    await client.add_job("t", run_at=datetime.now(UTC) + timedelta(hours=1))
    await client.pause_task("other", "an incident")
    with connect(shared_database) as connection:
        connection.execute("select worker_heartbeat('w1', '{\"host\": \"a\"}')")
        connection.execute("select id from get_jobs('w1', '{t}', 1)")
    overview = await page.get("overview")
    stats = overview["stats"]
    assert (stats["total"], stats["ready"], stats["scheduled"], stats["locked"]) == (4, 2, 1, 1)
    assert 3600 <= stats["oldest_ready_age"] < 3700
    (queue,) = overview["queues"]
    assert (queue["queue_name"], queue["ready"], queue["locked_by"]) == ("q", 2, "w1")
    (worker,) = overview["workers"]
    assert (worker["worker_id"], worker["locked_jobs"], worker["metadata"]) == ("w1", 1, {"host": "a"})
    assert 0 <= worker["heartbeat_age"] < 60
    assert [w["worker_id"] for w in overview["locked_workers"]] == ["w1"]
    (pause,) = overview["paused"]
    assert (pause["kind"], pause["name"], pause["reason"]) == ("task", "other", "an incident")
    await client.resume_task("other")


async def test_tasks_and_queues_are_paged_by_name(page: Api, client: AsyncClient) -> None:
    names = [f"n{n:02}" for n in range(12)]
    await client.add_jobs(JobSpec(identifier=name, queue_name=name) for name in names)
    for path, key in (("tasks", "task_identifier"), ("queues", "queue_name")):
        first = await page.get(path, limit=5)
        assert ([row[key] for row in first[path]], first["next"]) == (names[:5], names[4])
        assert {row["ready"] for row in first[path]} == {1}
        assert all(row["oldest_ready_age"] >= 0 for row in first[path] if "oldest_ready_age" in row)
        second = await page.get(path, limit=10, after=first["next"])
        assert ([row[key] for row in second[path]], second["next"]) == (names[5:], None)
    assert [row["queue_name"] for row in (await page.get("queues", search="n1"))["queues"]] == names[10:]
    assert len((await page.get("queues/longest", limit=3))["queues"]) == 3


async def test_workers_that_are_silent_are_seen(page: Api, client: AsyncClient, shared_database: str) -> None:
    await client.add_job("t")
    with connect(shared_database) as connection:
        connection.execute("select worker_heartbeat('alive'), worker_heartbeat('silent')")
        connection.execute(
            "update _private_workers set last_heartbeat_at = now() - interval '10 minutes' where id = 'silent'"
        )
        connection.execute("select id from get_jobs('unknown', '{t}', 1)")
    found = {worker["worker_id"]: worker for worker in (await page.get("workers"))["workers"]}
    assert {name: worker["is_stale"] for name, worker in found.items()} == {
        "alive": False,
        "silent": True,
        "unknown": None,
    }
    assert 600 <= found["silent"]["heartbeat_age"] < 700
    assert (found["unknown"]["heartbeat_age"], found["unknown"]["locked_jobs"]) == (None, 1)
    patient = (await page.get("workers", stale_threshold_secs=3600))["workers"]
    assert not any(worker["is_stale"] for worker in patient)
    assert (await page.get("workers", limit=2))["next_offset"] == 2


async def test_health_shows_tables(page: Api) -> None:
    health = await page.get("health")
    assert "_private_jobs" in health["tables"][0]["table_name"]
    assert health["tables"][0]["table_bytes"] >= 0
    assert isinstance(health["xmin_holders"], list)


async def test_without_a_database_it_says_so_and_goes_on_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_database, "_SECONDS_FOR_INFO", 0.05)
    monkeypatch.setattr(_database, "_WAIT_FOR_CONNECTION", 0.1)
    async with api("postgresql://secret_user:secret_password@127.0.0.1:1/nowhere") as page:
        session = await page.get("session")
        assert (session["database"], session["server_version"]) == (None, None)
        for path in ("overview", "jobs", "workers"):
            response = await page.http.get(f"/api/{path}")
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "database_unavailable"
            assert "secret" not in response.text


async def test_without_the_schema_it_says_what_to_do(empty_database: str) -> None:
    async with api(empty_database) as page:
        error = (await page.get("overview", 503))["error"]
        assert error["code"] == "schema_not_installed"
        assert "migrate" in error["hint"]
        plan = await page.post("maintenance", action="migrate", dry_run=True)
        assert plan["steps"]
        assert not plan["up_to_date"]
        assert (await page.post("maintenance", action="migrate"))["applied"]
        assert (await page.get("overview"))["stats"]["total"] == 0


async def test_what_a_newer_schema_refuses_is_explained(database: str) -> None:
    with connect(database) as connection:
        connection.execute(
            "create or replace function list_paused() returns table ("
            "kind text, name text, paused_at timestamptz, paused_by text, reason text, until timestamptz) "
            "language plpgsql as $$ begin "
            "raise exception using errcode = 'GWZZZ', message = 'bad moon', hint = 'Wait.'; end $$"
        )
    async with api(database) as page:
        assert (await page.get("paused", 400))["error"] == {"code": "GWZZZ", "message": "bad moon", "hint": "Wait."}


async def test_a_role_that_may_not_look_is_told_so(shared_database: str) -> None:
    async with api(make_conninfo(shared_database, options="-c role=pg_monitor")) as page:
        error = (await page.get("overview", 403))["error"]
    assert error["code"] == "forbidden"
    assert error["hint"]


async def test_a_query_that_takes_too_long_is_cancelled(shared_database: str) -> None:
    database = _database.Database(shared_database, "graphile_worker", prepare_statements=True)
    # To connect takes time, too: that has been done when the query begins.
    await database.info()
    with connect(shared_database) as blocker, blocker.transaction():
        blocker.execute("lock table _private_jobs in access exclusive mode")
        with pytest.raises(TimeoutError):
            await database.ask(lambda client: client.stats(), 0.2)
        # Autovacuum may be there as well.
        ours = "datname = current_database() and application_name = 'graphile-worker admin'"
        assert ids(blocker, f"select pid from pg_stat_activity where {ours} and state = 'active'") == []
        assert len(ids(blocker, f"select pid from pg_stat_activity where {ours}")) == 1
    await database.close()


async def test_a_wrong_bearer_gets_no_cached_answer(shared_database: str) -> None:
    async with api(shared_database, auth=BearerAuth("t0ken")) as page:
        await page.get("overview", 401)
        page.http.headers["authorization"] = "Bearer t0ken"
        await page.get("overview")
        page.http.headers["authorization"] = "Bearer other"
        await page.get("overview", 401)
