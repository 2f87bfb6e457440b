"""What others may try with somebody's browser, or with a request of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphile_worker import AsyncClient
from graphile_worker.admin import AdminApp, BearerAuth, NoAuth, _database, create_app
from graphile_worker.admin._api.context import Context
from graphile_worker.admin._app import _API
from graphile_worker.admin._database import Database
from tests.py.support.admin import CSRF_HEADER, api, bearer, browser, guarded
from tests.py.support.sessions import connect

NOWHERE = "postgresql://127.0.0.1:1/nowhere"
JOB = {"identifier": "evil"}

WRITES = [
    ("jobs", JOB),
    ("jobs/action", {"action": "complete", "ids": [1]}),
    ("jobs/action", {"action": "cancel", "ids": [1]}),
    ("jobs/bulk", {"action": "remove", "filter": {"state": "all"}}),
    ("jobs/remove-by-key", {"job_key": "k"}),
    ("queues/pause", {"queue": "q"}),
    ("queues/resume", {"queue": "q"}),
    ("tasks/pause", {"task": "t"}),
    ("tasks/resume", {"task": "t"}),
    ("limits/set", {"kind": "task", "name": "t", "max_running": 1}),
    ("limits/unlimit", {"kind": "task", "name": "t"}),
    ("policies/set", {"task": "t", "priority": 1}),
    ("policies/reset", {"task": "t"}),
    ("schedules/set", {"schedule": "s", "cron": "* * * * *"}),
    ("schedules/pause", {"schedule": "s"}),
    ("schedules/resume", {"schedule": "s"}),
    ("schedules/run-now", {"schedule": "s"}),
    ("schedules/remove", {"schedule": "s"}),
    ("maintenance", {"action": "cleanup"}),
    ("maintenance", {"action": "migrate"}),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests here have no database, and need none."""
    monkeypatch.setattr(_database, "_SECONDS_FOR_INFO", 0.05)


async def write(app: AdminApp, path: str, body: Any, headers: Any) -> tuple[int, str]:
    async with browser(app, headers=bearer("secret")) as http:
        response = await http.post(f"/api/{path}", json=body, headers=headers)
    return response.status_code, response.json()["error"]["code"]


async def csrf_of(app: AdminApp) -> str:
    async with browser(app, headers=bearer("secret")) as http:
        return (await http.get("/api/session")).json()["csrf_token"]


@pytest.fixture
def app() -> AdminApp:
    return guarded()


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_every_write_needs_the_csrf_token(app: AdminApp, path: str, body: Any) -> None:
    token = await csrf_of(app)
    for headers in (
        {},
        {CSRF_HEADER: ""},
        {CSRF_HEADER: "secret"},
        {CSRF_HEADER: token[:-1]},
        {CSRF_HEADER: token.upper()},
        {CSRF_HEADER: f"{token}, {token}"},
        [(CSRF_HEADER, token), (CSRF_HEADER, token)],
        {"cookie": f"{CSRF_HEADER}={token}"},
        {CSRF_HEADER.replace("-", "_"): token},
    ):
        assert await write(app, path, body, headers) == (403, "csrf")
    await app.close()


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_read_only_refuses_every_write(path: str, body: Any) -> None:
    app = guarded(read_only=True)
    assert await write(app, path, body, {CSRF_HEADER: await csrf_of(app)}) == (403, "read_only")
    for dry_run in ("true", 1, None, False, [True]):
        answer = await write(app, path, {**body, "dry_run": dry_run}, {CSRF_HEADER: await csrf_of(app)})
        assert answer == (403, "read_only")


@pytest.mark.parametrize("path", sorted({path for path, _ in WRITES}))
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[true]", "application/json"),
        (b'{"dry_run":true', "application/json"),
        (b'{"dry_run":true,"dry_run":false}', "application/json"),
        (b'{"dry_run":true}', "text/plain"),
        (b'{"dry_run":true}' + b" " * 1000, "application/json"),
    ],
)
async def test_read_only_has_one_answer_to_what_is_no_dry_run(path: str, content: bytes, media_type: str) -> None:
    app = guarded(read_only=True, max_body_bytes=1000)
    headers = {CSRF_HEADER: await csrf_of(app), "content-type": media_type, **bearer("secret")}
    async with browser(app, headers=headers) as http:
        response = await http.post(f"/api/{path}", content=content)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "read_only")


DRY_RUNS = ("jobs/action", "jobs/bulk", "jobs/remove-by-key", "maintenance")


@pytest.mark.parametrize("path", sorted({path for path, _ in WRITES}))
async def test_read_only_reads_a_body_only_where_there_is_a_dry_run(path: str) -> None:
    app = guarded(read_only=True)
    headers = {CSRF_HEADER: await csrf_of(app), "content-type": "application/json", **bearer("secret")}
    read: list[bytes] = []
    answer: list[Any] = []

    async def receive() -> dict[str, Any]:
        read.append(b'{"dry_run":false}')
        return {"type": "http.request", "body": read[-1], "more_body": False}

    async def send(message: Any) -> None:
        answer.append(message)

    raw = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": f"/api/{path}"}
    await app({**scope, "query_string": b"", "headers": raw, "client": ("127.0.0.1", 1)}, receive, send)
    assert answer[0]["status"] == 403
    assert bool(read) == (path in DRY_RUNS)


@pytest.mark.parametrize("path", DRY_RUNS)
async def test_read_only_explains_a_dry_run_that_is_not_understood(path: str) -> None:
    app = guarded(read_only=True)
    answer = await write(app, path, {"dry_run": True, "unknown": 1}, {CSRF_HEADER: await csrf_of(app)})
    assert answer == (400, "bad_request")


async def test_read_only_still_counts_what_a_write_would_do(shared_database: str) -> None:
    async with AsyncClient(shared_database) as client:
        job = await client.add_job("t", job_key="k")
    async with api(shared_database, read_only=True) as page:
        action = await page.post("jobs/action", action="remove", ids=[job.id], dry_run=True)
        bulk = await page.post("jobs/bulk", action="remove", filter={"task": "t"}, dry_run=True)
        assert (action["changed"], bulk["changed"]) == (1, 1)
        for chore in ({"action": "migrate"}, {"action": "cleanup"}, {"action": "sweep-stale-workers"}):
            await page.post("maintenance", **chore, dry_run=True)
        found = await page.post("jobs/remove-by-key", job_key="k", dry_run=True)
        assert (found["job"]["id"], found["removed"]) == (job.id, False)
        assert (await page.get("overview"))["stats"]["total"] == 1


def test_every_address_that_takes_a_write_is_tried_above() -> None:
    context = Context(
        database=Database(NOWHERE, "graphile_worker", prepare_statements=True),
        auth=NoAuth(),
        csrf_token="",
        read_only=False,
    )
    routes = [route for part in _API for route in part.routes(context)]
    assert {route.path[1:] for route in routes if "POST" in route.methods} == {path for path, _ in WRITES}
    assert all(route.methods in ({"POST"}, {"GET", "HEAD"}) for route in routes)


async def test_a_csrf_token_is_known_to_all_processes_and_of_no_use_elsewhere() -> None:
    one, other = guarded(), guarded()
    assert await csrf_of(one) == await csrf_of(other)
    tokens = set()
    for auth in (BearerAuth("another"), NoAuth(), NoAuth()):
        async with browser(create_app(NOWHERE, auth=auth), headers=bearer("another")) as http:
            tokens.add((await http.get("/api/session")).json()["csrf_token"])
    assert len(tokens | {await csrf_of(one)}) == 4
    given = [create_app(NOWHERE, auth=NoAuth(), csrf_secret="shared") for _ in range(2)]
    assert await csrf_of(given[0]) == await csrf_of(given[1])


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "http://localhost:8080"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    ],
)
async def test_other_sites_can_not_write_even_with_the_token(app: AdminApp, headers: dict[str, str]) -> None:
    token = await csrf_of(app)
    assert await write(app, "jobs", JOB, {CSRF_HEADER: token, **headers}) == (403, "cross_origin")
    await app.close()


async def test_other_sites_get_no_data_but_may_link_to_the_page() -> None:
    async with browser(create_app(NOWHERE, auth=NoAuth())) as http:
        foreign = {"sec-fetch-site": "cross-site"}
        for mode in ("no-cors", "cors", "same-origin"):
            assert (await http.get("/api/session", headers={**foreign, "sec-fetch-mode": mode})).status_code == 403
            assert (await http.get("/assets/app.js", headers={**foreign, "sec-fetch-mode": mode})).status_code == 403
        linked = await http.get("/", headers={**foreign, "sec-fetch-mode": "navigate"})
        assert linked.status_code == 200
        preflight = await http.options("/api/jobs", headers={"origin": "https://evil.example"})
        assert preflight.status_code == 403
        for response in (linked, preflight):
            assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_page_of_the_same_origin_can_write(shared_database: str) -> None:
    async with create_app(shared_database, auth=NoAuth()) as app, browser(app, host="localhost:5678") as http:
        token = (await http.get("/api/session")).json()["csrf_token"]
        for headers in ({"origin": "http://localhost:5678"}, {"sec-fetch-site": "same-origin"}, {}):
            response = await http.post("/api/jobs", json=JOB, headers={CSRF_HEADER: token, **headers})
            assert response.status_code == 201


async def test_a_name_that_was_rebound_to_this_machine_is_refused() -> None:
    app = create_app(NOWHERE, auth=NoAuth())
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evil.example:5678", "", "a@localhost"):
        async with browser(app) as http:
            for path in ("/", "/api/session", "/assets/app.js"):
                response = await http.get(path, headers={"host": host})
                assert (response.status_code, response.json()["error"]["code"]) == (421, "host")
    for host in ("localhost", "LOCALHOST:5678", "127.0.0.1:1", "[::1]:5678", "localhost."):
        async with browser(app) as http:
            assert (await http.get("/", headers={"host": host})).status_code == 200


async def test_allowed_hosts_hold_for_every_kind_of_secret() -> None:
    app = create_app(NOWHERE, auth=BearerAuth("secret"), allowed_hosts=["ops.example.com", "[2001:db8::1]:80"])
    for host, status in (("ops.example.com", 200), ("[2001:db8::1]", 200), ("localhost", 421)):
        async with browser(app) as http:
            assert (await http.get("/", headers={"host": host})).status_code == status
    async with browser(app) as http:
        assert (await http.get("/", headers=[("host", "ops.example.com"), ("host", "evil")])).status_code == 400


NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`${1}\u2028"


async def test_what_jobs_and_workers_contain_leaves_only_as_json_without_tags(shared_database: str) -> None:
    async with AsyncClient(shared_database) as client:
        job = await client.add_job(NASTY[:100], {NASTY: [NASTY]}, queue_name=NASTY, job_key=NASTY, flags=[NASTY])
        await client.permanently_fail_jobs([job.id], NASTY)
        await client.add_job("t", queue_name="q")
        await client.pause_queue(NASTY, NASTY)
    with connect(shared_database) as connection:
        connection.execute("select worker_heartbeat(%s, %s)", [NASTY, json.dumps({NASTY: NASTY})])
        connection.execute("select id from get_jobs(%s, array['t'], 1)", [NASTY])
    async with api(shared_database) as page:
        for path in (
            "overview",
            "jobs",
            f"jobs/{job.id}",
            "tasks",
            "queues",
            "paused",
            "workers",
            "jobs?search=<script>",
        ):
            response = await page.http.get(f"/api/{path}")
            assert response.status_code == 200
            assert response.headers["content-type"] == "application/json"
            assert response.headers["x-content-type-options"] == "nosniff"
            assert b"<" not in response.content
        shown = (await page.get(f"jobs/{job.id}"))["job"]
        assert shown["payload"] == {NASTY: [NASTY]}
        assert (shown["key"], shown["queue_name"], shown["last_error"]) == (NASTY, NASTY, NASTY)
        assert [worker["worker_id"] for worker in (await page.get("workers"))["workers"]] == [NASTY]


async def test_what_a_request_contains_comes_back_only_as_json() -> None:
    async with browser(create_app(NOWHERE, auth=NoAuth())) as http:
        for path in (
            f"/{NASTY}",
            f"/api/{NASTY}",
            f"/api/jobs?state={NASTY}",
            f"/api/jobs?{NASTY}=1",
            f"/api/jobs/{NASTY}",
        ):
            response = await http.get(path)
            assert response.status_code in (400, 404)
            assert response.headers["content-type"] == "application/json"
            assert b"<" not in response.content
