"""Which tasks and queues of all a worker takes."""

from __future__ import annotations

from typing import Any

import pytest

from graphile_worker import AsyncClient, InvalidArgument, JobSpec, TaskRegistry, Worker, WorkerOptions
from graphile_worker._worker.selection import selected

URL = "postgresql://127.0.0.1:1/nowhere"
NAMES = ("mail", "mail:send", "mail:sort", "report")
QUEUES = (None, "eu", "tenant:1", "tenant:2")


def registry(ran: list[str] | None = None) -> TaskRegistry:
    tasks = TaskRegistry()
    for name in NAMES:
        tasks.add(lambda payload, name=name: (ran if ran is not None else []).append(f"{name} {payload}"), name)
    return tasks


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"only_tasks": ["mail"]}, ["mail"]),
        ({"only_tasks": ["report", "mail:*"]}, ["mail:send", "mail:sort", "report"]),
        ({"not_tasks": ["mail*"]}, ["report"]),
        ({"only_tasks": ["mail*"], "not_tasks": ["mail:sort"]}, ["mail", "mail:send"]),
        ({"only_tasks": ["*"]}, list(NAMES)),
        ({}, list(NAMES)),
    ],
)
def test_tasks_that_are_left(options: dict[str, Any], left: list[str]) -> None:
    tasks = registry()
    assert list(selected(tasks, WorkerOptions(**options))) == left
    assert list(tasks) == list(NAMES)


def test_a_task_comes_with_its_former_names() -> None:
    tasks = TaskRegistry()
    tasks.add(lambda: None, "new", aliases=["old:1", "old:2"])
    tasks.add(lambda: None, "other")
    assert list(selected(tasks, WorkerOptions(only_tasks=["new"]))) == ["new", "old:1", "old:2"]
    assert list(selected(tasks, WorkerOptions(not_tasks=["old:*"]))) == ["other"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only_tasks": ["mial"]}, "only_tasks has 'mial', which no task fits.*mail"),
        ({"not_tasks": ["report", "x*"]}, r"not_tasks has 'x\*', which no task fits"),
        ({"only_tasks": ["mail"], "not_tasks": ["mail*"]}, "leave no task to run"),
        ({"not_tasks": ["*"]}, "leave no task to run"),
        ({"only_tasks": [""]}, "bad only_tasks ''"),
        ({"only_tasks": ["a*b"]}, r"bad only_tasks 'a\*b'.*at its end"),
        ({"only_tasks": "mail"}, r"bad only_tasks 'mail'.*\['mail'\]"),
        ({"not_tasks": [5]}, "bad not_tasks: item 5"),
        ({"only_queues": ["**"]}, r"bad only_queues '\*\*'"),
        ({"only_queues": [None]}, "bad only_queues: item None"),
        ({"not_queues": [""]}, "bad not_queues ''"),
        ({"not_queues": ["x" * 129]}, "bad not_queues 'xxx"),
    ],
)
def test_what_is_wrong_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=f"(?s){words}"):
        Worker(URL, registry(), **options)


@pytest.mark.parametrize(
    ("options", "names", "queues"),
    [
        ({"only_tasks": ["mail:*"]}, ["mail:send", "mail:sort"], QUEUES),
        ({"not_tasks": ["mail:*"]}, ["mail", "report"], QUEUES),
        ({"only_queues": ["tenant:*"]}, NAMES, ["tenant:1", "tenant:2"]),
        ({"only_queues": ["", "eu"]}, NAMES, [None, "eu"]),
        ({"not_queues": ["tenant:*"]}, NAMES, [None, "eu"]),
        ({"only_queues": ["*"], "not_queues": ["eu"], "not_tasks": ["mail"]}, NAMES[1:], ["tenant:1", "tenant:2"]),
    ],
)
async def test_a_worker_leaves_the_rest_to_others(
    database: str, options: dict[str, Any], names: list[str], queues: list[str | None]
) -> None:
    ran: list[str] = []
    async with AsyncClient(database) as client:
        await client.add_jobs(
            JobSpec(identifier=name, payload=str(queue), queue_name=queue) for name in NAMES for queue in QUEUES
        )
        await Worker(database, registry(ran), **options).run_once()
        left = len(await client.list_jobs())
    assert sorted(ran) == sorted(f"{name} {queue}" for name in names for queue in queues)
    assert left == len(NAMES) * len(QUEUES) - len(ran)
