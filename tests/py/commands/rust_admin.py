"""What people type, and send, who know the admin page of the Rust runtime.

Port 5678, which the command listens on unless told otherwise, may be taken: in the lines it stands for a free one.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from typing import Any

import httpx

from tests.py.commands.table import Effect, Given, Ran, Row, all_of, in_database, jobs, statement, warns
from tests.py.support.admin import CSRF_HEADER, basic, bearer
from tests.py.support.sessions import remove_everything

_SECRETS = dict.fromkeys(("PASSWORD", "BEARER_TOKEN", "HEADER_TOKEN"), "t0p-secret")
_TOKEN_HEADER = "x-graphile-worker-admin-token"


def _http(ran: Ran, headers: Mapping[str, str] | None = None) -> httpx.Client:
    return httpx.Client(base_url=ran.until_it_says(r"the admin page is at (\S+)")[1], headers=headers)


def lets_in(headers: Mapping[str, str]) -> Effect:
    """Whoever sends these headers, and nobody without; what was given is not printed."""

    def check(ran: Ran) -> None:
        for sent, status in (({}, 401), (headers, 200)):
            with _http(ran, sent) as http:
                assert http.get("/api/session").status_code == status
        assert "t0p-secret" not in ran.output

    return check


def shows_what_lets_in(pattern: str, header: str, value: str) -> Effect:
    """A secret was made up and printed; the header that carries it is to have this value."""

    def check(ran: Ran) -> None:
        lets_in({header: value.format(ran.until_it_says(pattern)[1])})(ran)

    return check


def shows_a_password(ran: Ran) -> None:
    lets_in(basic("admin", ran.until_it_says(r"user admin, password (\S+)\n")[1]))(ran)


def answers(path: str, body: Any = None, *, status: int = 200, **members: Any) -> Effect:
    """This status, and of the answer these members."""

    def check(ran: Ran) -> None:
        with _http(ran) as http:
            csrf = {CSRF_HEADER: http.get("/api/session").json()["csrf_token"]}
            response = http.get(path) if body is None else http.post(path, json=body, headers=csrf)
            assert response.status_code == status, response.text
            answer = response.json()
            assert {name: answer[name] for name in members} == members, response.text

    return check


def serves(options: str, effect: Effect, **environment: str) -> Row:
    variables = {f"GRAPHILE_WORKER_ADMIN_{name}": value for name, value in environment.items()}
    line = f"graphile-worker admin --listen 127.0.0.1:5678 {options}"
    return Row(line, effect, environment=variables, ended_by=signal.SIGTERM)


def sent(path: str, body: Any, effect: Effect, *, given: Given | None = None, status: int = 200) -> Effect:
    """A body of the guide, and what comes of it; the queue is empty before and after."""

    def check(ran: Ran) -> None:
        remove_everything(ran.url)
        all_of(*((given,) if given else ()), answers(path, body, status=status), effect)(ran)
        remove_everything(ran.url)

    return check


DOOR = [
    serves("", shows_a_password),
    serves("--auth basic --username admin", shows_a_password),
    serves(
        '--auth basic --username ops --password "$GRAPHILE_WORKER_ADMIN_PASSWORD"',
        lets_in(basic("ops", "t0p-secret")),
        PASSWORD="t0p-secret",
    ),
    serves("--auth basic", lets_in(basic("admin", "t0p-secret")), **_SECRETS),
    serves("--auth bearer", lets_in(bearer("t0p-secret")), **_SECRETS),
    serves("--auth header", lets_in({_TOKEN_HEADER: "t0p-secret"}), **_SECRETS),
    serves("--auth bearer --bearer-token t0p-secret", lets_in(bearer("t0p-secret"))),
    serves("--auth header --header-name x-ops --header-token t0p-secret", lets_in({"x-ops": "t0p-secret"})),
    serves("--auth bearer", shows_what_lets_in(r"authorization: Bearer (\S+)\n", "authorization", "Bearer {}")),
    serves(
        f"--auth header --header-name {_TOKEN_HEADER}",
        shows_what_lets_in(rf"{re.escape(_TOKEN_HEADER)}: (\S+)\n", _TOKEN_HEADER, "{}"),
    ),
    Row(
        "graphile-worker admin --listen 0.0.0.0:5678 --auth none",
        warns("not served on 0.0.0.0 without a password"),
        exit_code=2,
    ),
]
READ_ONLY = [
    jobs(42, job_key="email:123"),
    answers("/api/session", read_only=True),
    answers("/api/jobs/action", {"action": "complete", "ids": [42]}, status=403),
    answers("/api/jobs/action", {"action": "complete", "ids": "all"}, status=403),
    answers("/api/jobs/remove-by-key", {"key": "email:123"}, status=403),
    answers("/api/jobs", {"identifier": "send_email"}, status=403),
    answers("/api/maintenance", {"action": "cleanup"}, status=403),
    answers("/api/maintenance", {"action": "sweep-stale-workers", "dry_run": True}),
    in_database("select count(*) from q.jobs", 1),
]
QUERIES = [
    jobs(42, queue_name="mailers"),
    answers("/api/jobs?state=failed&limit=50", limit=50, jobs=[]),
    answers("/api/jobs?identifier=send_email&queue=mailers&search=user&limit=501&offset=0", limit=500),
    answers("/api/overview"),
    answers("/api/jobs/42"),
]
BODIES = [
    sent(
        "/api/jobs",
        {
            "identifier": "send_email",
            "payload": {"user_id": 123},
            "queue": "mailers",
            "max_attempts": 25,
            "key": "email:123",
            "job_key_mode": "replace",
            "priority": 0,
            "flags": ["transactional"],
        },
        in_database(
            "select (queue_name, key, flags)::text from q.jobs", '(mailers,email:123,"{""transactional"": true}")'
        ),
        status=201,
    ),
    sent(
        "/api/jobs",
        {"identifier": "send_email", "key": "email:123", "job_key_mode": "preserve-run-at"},
        in_database("select run_at::text from q.jobs", "2099-01-01 00:00:00+00"),
        given=jobs(42, job_key="email:123", run_at="2099-01-01T00:00:00Z"),
        status=201,
    ),
    sent(
        "/api/jobs/action",
        {
            "action": "reschedule",
            "ids": [42, 43],
            "run_at": "2026-01-01T00:00:00Z",
            "priority": 10,
            "attempts": 0,
            "max_attempts": 25,
        },
        in_database("select count(*) from q.jobs where priority = 10 and run_at = '2026-01-01T00:00:00Z'", 2),
        given=jobs(42, 43),
    ),
    sent(
        "/api/jobs/action",
        {"action": "run-now", "ids": [42]},
        in_database("select run_at <= now() from q.jobs", True),
        given=jobs(42, run_at="2099-01-01T00:00:00Z"),
    ),
    sent(
        "/api/jobs/action",
        {"action": "complete", "ids": [42, 43]},
        in_database("select count(*) from q.jobs", 0),
        given=jobs(42, 43),
    ),
    sent(
        "/api/jobs/action",
        {"action": "fail", "ids": [42], "reason": "invalid payload"},
        in_database("select last_error from q.jobs", "invalid payload"),
        given=jobs(42),
    ),
    sent(
        "/api/jobs/remove-by-key",
        {"key": "email:123"},
        in_database("select count(*) from q.jobs", 0),
        given=jobs(42, job_key="email:123"),
    ),
    sent("/api/maintenance", {"action": "migrate"}, in_database("select max(id) from q.migrations", 20)),
    sent(
        "/api/maintenance",
        {
            "action": "cleanup",
            "cleanup_tasks": ["delete-permanently-failed-jobs", "gc-task-identifiers", "gc-job-queues"],
        },
        in_database("select (select count(*) from q.jobs) + (select count(*) from q._private_tasks)", 0),
        given=all_of(jobs(42), statement("select q.permanently_fail_jobs(array[42], 'no')")),
    ),
    sent(
        "/api/maintenance",
        {"action": "force-unlock", "worker_ids": ["worker-1"]},
        in_database("select count(*) from q.jobs where locked_by is not null", 0),
        given=all_of(jobs(42), statement("select q.get_jobs('worker-1')")),
    ),
    sent(
        "/api/maintenance",
        {"action": "sweep-stale-workers", "dry_run": True, "sweep_threshold_secs": 300, "recovery_delay_secs": 60},
        in_database("select count(*) from q._private_workers", 1),
        given=all_of(
            statement("select q.worker_heartbeat('worker-1')"),
            statement("update q._private_workers set last_heartbeat_at = now() - interval '10 minutes'"),
        ),
    ),
]
ROWS = [
    *DOOR,
    serves("--auth none --read-only", all_of(*READ_ONLY)),
    serves("--auth none", all_of(answers("/api/session", schema="graphile_worker", auth="none"), *QUERIES, *BODIES)),
]
