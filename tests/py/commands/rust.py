"""What people type who come from the Rust runtime: its operations page, and its guides."""

from __future__ import annotations

from tests.py.commands.table import EXAMPLE_URL, Row, in_database, jobs, says

_JOBS = "select count(*) from q.jobs"

ROWS = [
    Row(f"graphile-worker --database-url {EXAMPLE_URL} migrate", says("up to date"), environment={"DATABASE_URL": ""}),
    Row(
        f"""DATABASE_URL={EXAMPLE_URL} graphile-worker add send_email --payload '{{"to":"user@example.com"}}'""",
        in_database("select payload->>'to' from q._private_jobs", "user@example.com"),
        environment={"DATABASE_URL": ""},
    ),
    Row("graphile-worker list --state ready", says(r"\tsend_email\t"), given=jobs(123)),
    Row("graphile-worker complete 123 124", in_database(_JOBS, 0), given=jobs(123, 124)),
]
