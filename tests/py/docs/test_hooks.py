"""docs/hooks.md: its tables have all events with all their fields, and its blocks run."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import graphile_worker
from graphile_worker import AsyncClient, Event, JobRow, TaskRegistry
from graphile_worker._hooks.events import JobEvent

TEXT = (Path(__file__).parents[3] / "docs" / "hooks.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| `(\w+)` \|([^|]*)\| [^|]+ \|$", TEXT, re.MULTILINE)


def kinds(base: type[Event] = Event) -> dict[str, type[Event]]:
    """All classes of events, by name."""
    found = {} if base in {Event, JobEvent} else {base.__name__: base}
    for kind in base.__subclasses__():
        found |= kinds(kind)
    return found


def fields(kind: type[Event]) -> set[str]:
    """What there is to be read of an event, besides the worker's id."""
    computed = {name for name, _ in inspect.getmembers(kind, lambda member: isinstance(member, property))}
    return {field.name for field in dataclasses.fields(kind)} - {"worker_id"} | computed


def test_the_tables_have_each_event_once_with_its_fields() -> None:
    assert sorted(name for name, _ in ROWS) == sorted(kinds())
    told = {name: set(re.findall(r"`(\w+)`", names)) for name, names in ROWS}
    assert told == {name: fields(kind) for name, kind in kinds().items()}


def test_interceptors_are_those_of_the_last_table() -> None:
    asked = {name for name, kind in kinds().items() if (kind.__doc__ or "").startswith("Interceptor: ")}
    assert {name for name, _ in ROWS[-4:]} == asked


def test_names_in_the_text_exist() -> None:
    names = set(re.findall(r"`((?:Worker|Job|Local|Listener|Cron|Before|After)[A-Z]\w+)`", TEXT))
    assert names <= set(graphile_worker.__all__)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
async def test_a_block_runs(database: str, number: int, caplog: pytest.LogCaptureFixture) -> None:
    tasks = TaskRegistry()
    ran: list[Any] = []
    tasks.add(ran.append, "send_email")

    async def maintenance() -> bool:
        return False

    names: dict[str, Any] = {
        "url": database,
        "tasks": tasks,
        "log": logging.getLogger("docs"),
        "maintenance": maintenance,
        "timedelta": timedelta,
    }
    async with AsyncClient(database) as client:
        await client.add_job("send_email", {"n": 1})
    code = compile(BLOCKS[number], f"docs/hooks.md, block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, names)
    assert "raised" not in caplog.text
    added = names.get("job")
    if added is None:
        assert ran == [{"n": 1}]
    else:
        assert isinstance(added, JobRow)
        assert added.payload == {"to": "ada@example.com", "from": "shop@example.com"}
        assert added.flags == {"mail": True}
        assert added.job_queue_id is not None


def test_there_are_blocks() -> None:
    assert len(BLOCKS) == 3
