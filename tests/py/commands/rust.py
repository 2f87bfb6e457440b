"""What people type who come from the Rust runtime: each line of its operations page, and of its guides."""

from __future__ import annotations

from graphile_worker import migrate
from tests.py.commands import rust_admin
from tests.py.commands.table import (
    EXAMPLE_URL,
    Given,
    Row,
    all_of,
    document,
    file,
    has,
    in_database,
    jobs,
    says,
    statement,
    warns,
)

_NO_URL = {"DATABASE_URL": ""}
_ADD_BY_URL = f"""DATABASE_URL={EXAMPLE_URL} graphile-worker add send_email --payload '{{"to":"user@example.com"}}'"""
_JOBS = "select count(*) from q.jobs"
_LOCKED = "select count(*) from q.jobs where locked_by is not null"
_ERROR = "select last_error from q.jobs"
_TO = "select payload->>'to' from q._private_jobs"
_RUN_AT = "select run_at::text from q.jobs where id = {}"
_LONG = "x" * 20_000


def failed(*ids: int) -> Given:
    return all_of(jobs(*ids), statement(f"select q.permanently_fail_jobs(array{list(ids)}, 'no')"))


def held_by(worker: str) -> Given:
    return all_of(jobs(123, queue_name="emails"), statement(f"select q.get_jobs('{worker}')"))


def of_a_dead_worker(worker: str) -> Given:
    return all_of(
        held_by(worker),
        statement(f"select q.worker_heartbeat('{worker}')"),
        statement("update q._private_workers set last_heartbeat_at = now() - interval '10 minutes'"),
    )


SCHEMA_AND_JOBS = [
    Row(f"graphile-worker --database-url {EXAMPLE_URL} migrate", says("up to date"), environment=_NO_URL),
    Row('graphile-worker --database-url "$DATABASE_URL" migrate', says("up to date")),
    Row('graphile-worker --database-url "$DATABASE_URL" --json migrate', document(migrated=True)),
    Row(
        "graphile-worker migrate",
        in_database("select max(id) from q.migrations", 20),
        given=statement("drop schema graphile_worker cascade"),
    ),
    Row("graphile-worker stats", warns("no database is named"), exit_code=2, environment=_NO_URL),
    Row(
        f"graphile-worker --database-url {EXAMPLE_URL} --schema graphile_worker --max-connections 5 --json stats",
        document(ready=1),
        environment=_NO_URL,
        given=jobs(123),
    ),
    Row(
        "graphile-worker stats --json",
        document(total=0),
        environment={"GRAPHILE_WORKER_SCHEMA": "other"},
        given=lambda place: migrate(place.url, schema="other"),
    ),
    Row(_ADD_BY_URL, in_database(_TO, "user@example.com"), environment=_NO_URL),
    Row("graphile-worker add send_email", in_database("select payload::text from q._private_jobs", "{}")),
    Row(
        "graphile-worker add send_email --payload-file payload.json",
        in_database(_TO, "user@example.com"),
        given=file("payload.json", '{"to":"user@example.com"}'),
    ),
    Row(
        """graphile-worker add send_email --payload '{"to":"user@example.com"}' --queue emails"""
        " --run-at 2026-01-02T03:04:05Z --max-attempts 5 --priority 10 --flag transactional",
        in_database(
            "select (task_identifier, queue_name, run_at at time zone 'UTC', max_attempts, priority, flags)::text"
            " from q.jobs",
            """(send_email,emails,"2026-01-02 03:04:05",5,10,"{""transactional"": true}")""",
        ),
    ),
    Row(
        "graphile-worker add send_email --key user-123-welcome --job-key-mode replace",
        all_of(in_database(_JOBS, 1), in_database("select revision from q.jobs", 1)),
        given=jobs(123, job_key="user-123-welcome"),
    ),
    Row(
        "graphile-worker add send_email --key k --job-key-mode preserve-run-at",
        in_database(_RUN_AT.format(123), "2099-01-01 00:00:00+00"),
        given=jobs(123, job_key="k", run_at="2099-01-01T00:00:00Z"),
    ),
    Row(
        """graphile-worker add send_email --payload '{"to":"b"}' --key k --job-key-mode unsafe-dedupe""",
        in_database(_TO, "a"),
        given=jobs(123, job_key="k", payload='{"to":"a"}'),
    ),
    Row("graphile-worker add send_email --job-key-mode replace", warns("needs --key"), exit_code=2),
    Row("graphile-worker add send_email --payload nonsense", warns("is not JSON"), exit_code=2),
    Row(
        "graphile-worker add send_email --payload '{}' --payload-file payload.json",
        warns("exclude each other"),
        exit_code=2,
        given=file("payload.json", "{}"),
    ),
]
LOOKING = [
    Row("graphile-worker list", says(r"124\t.*\n123\t"), given=jobs(123, 124)),
    Row("graphile-worker list --state ready", says(r"\tsend_email\t"), given=jobs(123)),
    Row(
        "graphile-worker list --state ready --identifier send_email --queue emails --limit 25 --offset 0 --json",
        has(lambda ran: [job["id"] for job in ran.document] == [125]),
        given=all_of(jobs(123), jobs(124, task="other", queue_name="emails"), jobs(125, queue_name="emails")),
    ),
    Row("graphile-worker list --limit -1", warns("--limit"), exit_code=2),
    Row(
        "graphile-worker list --json --payload",
        has(
            lambda ran: (
                [(job["payload"], job["payload_truncated"]) for job in ran.document]
                == [(f'"{_LONG}'[:10_000], True), ({"to": "a"}, False)]
            )
        ),
        given=all_of(jobs(123, payload='{"to": "a"}'), jobs(124, payload=f'"{_LONG}"')),
    ),
    Row("graphile-worker show 123", says(r"task_identifier\tsend_email"), given=jobs(123)),
    Row(
        "graphile-worker show 123 --json", document(id=123, payload={"to": "a"}), given=jobs(123, payload='{"to":"a"}')
    ),
    Row("graphile-worker show 123", warns("no job 123"), exit_code=1),
    Row("graphile-worker stats", says(r"ready\t1\n"), given=jobs(123)),
    Row("graphile-worker queues", says(r"emails\t"), given=jobs(123, queue_name="emails")),
    Row("graphile-worker workers", says("graphile_worker_deadbeef"), given=held_by("graphile_worker_deadbeef")),
    *(
        Row(f"graphile-worker {command} --json", has(lambda ran: ran.document), given=held_by("worker-a"))
        for command in ("stats", "queues", "workers")
    ),
]
CHANGES = [
    Row("graphile-worker complete 123 124", in_database(_JOBS, 0), given=jobs(123, 124)),
    Row('graphile-worker fail 125 --reason "invalid payload"', in_database(_ERROR, "invalid payload"), given=jobs(125)),
    Row('graphile-worker fail 125 -r "invalid payload"', in_database(_ERROR, "invalid payload"), given=jobs(125)),
    Row("graphile-worker fail 125", in_database(_ERROR, "Manually marked as failed"), given=jobs(125)),
    Row(
        "graphile-worker reschedule 126 --run-at 2026-01-02T03:04:05Z",
        in_database(_RUN_AT.format(126), "2026-01-02 03:04:05+00"),
        given=jobs(126),
    ),
    Row(
        "graphile-worker reschedule 127 --now",
        in_database("select run_at <= now() from q.jobs", True),
        given=jobs(127, run_at="2099-01-01T00:00:00Z"),
    ),
    Row("graphile-worker reschedule 128 --priority 7", in_database("select priority from q.jobs", 7), given=jobs(128)),
    Row(
        "graphile-worker reschedule 129 --attempts 1 --max-attempts 5",
        in_database("select (attempts, max_attempts)::text from q.jobs", "(1,5)"),
        given=jobs(129),
    ),
    Row("graphile-worker reschedule 129", warns("nothing to change"), exit_code=2, given=jobs(129)),
    Row("graphile-worker remove cli-job-key", in_database(_JOBS, 0), given=jobs(123, job_key="cli-job-key")),
    Row("graphile-worker remove user-123-welcome", in_database(_JOBS, 0), given=jobs(1, job_key="user-123-welcome")),
    Row("graphile-worker remove cli-job-key", warns("no job has the key"), exit_code=1),
]
MAINTENANCE = [
    Row(
        "graphile-worker cleanup",
        all_of(in_database(_JOBS, 0), in_database("select count(*) from q._private_tasks", 0)),
        given=failed(123),
    ),
    Row(
        "graphile-worker cleanup delete-permanently-failed-jobs",
        all_of(in_database(_JOBS, 0), in_database("select count(*) from q._private_tasks", 1)),
        given=failed(123),
    ),
    Row(
        "graphile-worker cleanup gc-task-identifiers gc-job-queues",
        in_database("select (select count(*) from q._private_tasks) + (select count(*) from q._private_job_queues)", 0),
        given=all_of(jobs(123, queue_name="emails"), statement("delete from q._private_jobs")),
    ),
    Row(
        "graphile-worker force-unlock graphile_worker_deadbeef",
        in_database(_LOCKED, 0),
        given=held_by("graphile_worker_deadbeef"),
    ),
    Row("graphile-worker force-unlock worker-a worker-b", in_database(_LOCKED, 0), given=held_by("worker-b")),
    Row(
        "graphile-worker sweep-stale-workers --dry-run",
        all_of(says("graphile_worker_deadbeef"), in_database(_LOCKED, 1)),
        given=of_a_dead_worker("graphile_worker_deadbeef"),
    ),
    Row(
        "graphile-worker sweep-stale-workers",
        in_database(_LOCKED, 0),
        given=of_a_dead_worker("graphile_worker_deadbeef"),
    ),
    *(
        Row(
            f"graphile-worker sweep-stale-workers --sweep-threshold {threshold} --recovery-delay {delay}",
            in_database(_LOCKED, locked),
            given=of_a_dead_worker("graphile_worker_deadbeef"),
        )
        for threshold, delay, locked in (("5m", "30s", 0), ("300", "2h", 0), ("2h", "0", 1))
    ),
]
ROWS = [*SCHEMA_AND_JOBS, *LOOKING, *CHANGES, *MAINTENANCE, *rust_admin.ROWS]
