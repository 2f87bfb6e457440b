"""Every way of registering a handler registers it, or says why not."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

import pytest

from graphile_worker import InvalidArgument, TaskRegistry
from graphile_worker.testing import run_task


@dataclass
class Mail:
    to: str = "nobody"


async def default_none(payload: Mail | None = None) -> Any:
    return (payload,)


class Mailer:
    @staticmethod
    async def static(payload: Mail) -> Any:
        return (payload,)


async def test_decorators_in_a_class_body() -> None:
    tasks = TaskRegistry()

    class Jobs:
        @tasks.task
        @staticmethod
        async def static(payload: Mail) -> str:
            return payload.to

        @staticmethod
        @tasks.task
        async def static_below(payload: Mail) -> str:
            return payload.to

    assert [await run_task(tasks[name], Mail("ada")) for name in tasks] == ["ada", "ada"]
    assert list(tasks) == ["static", "static_below"]
    with pytest.raises(InvalidArgument, match="belongs to no object"):

        class Method:
            @tasks.task
            async def method(self, payload: Mail) -> None: ...

    with pytest.raises(InvalidArgument, match="is a classmethod"):

        class OfClass:
            @tasks.task
            @classmethod
            async def of_class(cls, payload: Mail) -> None: ...

    assert list(tasks) == ["static", "static_below"]


def test_who_uses_none_of_it_loads_nothing_of_it() -> None:
    program = """
import sys
from graphile_worker import TaskRegistry, Worker
tasks = TaskRegistry()
@tasks.task(max_attempts=3)
def plain(payload: dict) -> None: ...
Worker("postgresql://localhost/nowhere", tasks)
loaded = {"middleware", "payload_version"} & {name.rpartition("._tasks.")[2] for name in sys.modules}
assert not loaded, loaded
@tasks.task(middleware=[lambda job, call: call()], version=2, upgrade=lambda payload, version: payload)
def other(payload: dict) -> None: ...
loaded = {"middleware", "payload_version"} & {name.rpartition("._tasks.")[2] for name in sys.modules}
assert len(loaded) == 2, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


async def test_every_way_of_registering_registers() -> None:
    tasks, others = TaskRegistry(), TaskRegistry()

    @tasks.batch
    async def batch(items: list[int]) -> list[str]:
        return ["" for _ in items]

    @tasks.task
    @others.task("elsewhere", queue_name="q")
    async def twice(payload: Mail) -> str:
        return payload.to

    tasks.task(default_none, priority=3)  # type: ignore[call-overload]
    assert (list(tasks), list(others)) == (["batch", "twice", "default_none"], ["elsewhere"])
    assert tasks["batch"].is_batch
    assert tasks["default_none"].priority == 3
    assert await run_task(tasks["twice"], Mail("ada")) == "ada"
    with pytest.raises(InvalidArgument, match="has no name"):
        tasks.task(functools.partial(default_none))
    with pytest.raises(InvalidArgument, match="has no name"):
        tasks.task(7)  # type: ignore[call-overload]


async def test_a_plain_decorator_can_be_told_to_run_on_the_loop() -> None:
    @functools.wraps(default_none)
    def starts_a_task(payload: Any) -> Any:
        return asyncio.ensure_future(default_none(payload))

    tasks = TaskRegistry()
    assert await run_task(tasks.add(starts_a_task, "a", run_in="loop"), Mail("ada")) == (Mail("ada"),)
    with pytest.raises(InvalidArgument, match="a plain function, which can't run in a loop"):
        tasks.add(lambda: default_none(), "b", run_in="loop")


@pytest.mark.parametrize("handler", [lambda: None, Mailer().static, functools.partial(print), Mock(spec=[])])
def test_what_a_process_can_not_find_is_refused(handler: Any) -> None:
    with pytest.raises(InvalidArgument):
        TaskRegistry().add(handler, "t", run_in="process")
