"""This release on the schema of 0.1.0: what can't work there asks for the migration."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphile_worker import Client, Cron, JobSpec, SchemaNotInstalled, TaskRegistry, Unique, Worker
from tests.releases import earlier

# What the calls of a client need: whatever there is, as they only have to get as far as the database.
NEEDED = {
    "added_jobs": 1,
    "entries": [Cron.parse("0 * * * * t")],
    "expression": "0 * * * *",
    "file": "crontab",
    "identifier": "t",
    "identifiers": ["hourly"],
    "items": [1],
    "job_id": 1,
    "job_ids": [1],
    "job_key": "k",
    "queue_name": "q",
    "specs": [JobSpec(identifier="t")],
    "task_identifier": "t",
    "tick": datetime.now(UTC).replace(second=0, microsecond=0),
    "transaction_id": 1,
    "unique": Unique(),
    "worker_id": "w",
    "worker_ids": ["w"],
}


def outcome(client: Client, name: str) -> str:
    """Calls a method of a client with what it needs; says that it works, or what SchemaNotInstalled says."""
    needed = [p.name for p in inspect.signature(getattr(client, name)).parameters.values() if p.default is p.empty]
    arguments = {parameter: NEEDED[parameter] for parameter in needed if parameter in NEEDED}
    if name.endswith("_matching_jobs"):
        arguments["task"] = "t"
    if name == "set_schedule":
        arguments["cron"] = "0 * * * *"
    if name in ("limit_task", "limit_queue"):
        arguments["rate"] = 1
    try:
        getattr(client, name)(**arguments)
    except SchemaNotInstalled as error:
        return str(error)
    return "works"


async def test_before_the_migration_calls_work_or_say_that_it_is_wanted(empty_database: str, tmp_path: Path) -> None:
    earlier.unpack("0.1.0", tmp_path).migrate(empty_database)
    with Client(empty_database) as client:
        client.add_job("t")
        names = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")]
        outcomes = {name: outcome(client, name) for name in names if name != "close"}
    assert {"add_job", "add_jobs", "list_queues"} <= {n for n, said in outcomes.items() if said == "works"}
    assert {"show_job", "find_job", "list_jobs", "stats"} <= {n for n, said in outcomes.items() if said != "works"}
    assert [said for said in outcomes.values() if said != "works" and "graphile-worker migrate" not in said] == []
    tasks = TaskRegistry()
    tasks.add(lambda: None, "t")
    for worker in (Worker(empty_database, tasks), Worker(empty_database, tasks, recovery=None)):
        with pytest.raises(SchemaNotInstalled, match="graphile-worker migrate"):
            await worker.run_once()
