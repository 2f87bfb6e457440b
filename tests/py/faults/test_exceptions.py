"""Whatever a task or a hook raises, wherever it runs: the job fails with a readable error, and every slot goes on."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import (
    AfterJobRun,
    BeforeJobRun,
    Hooks,
    JobComplete,
    JobFail,
    JobFetch,
    JobPermanentlyFail,
    JobStart,
    TaskRegistry,
)
from graphile_worker._hooks.events import Event
from tests.py.faults.bad_tasks import KINDS, make, tasks
from tests.py.faults.slots import slots
from tests.support import eventually

LONGEST_LINE = 2_000
KINDS_OF_HOOKS = (
    *("ordinary", "panic", "generator_exit", "keyboard_interrupt", "system_exit", "cancelled", "stop_iteration"),
    *("every_attribute_raises", "text_raises", "five_megabytes"),
)
"""How they are told in the log is the same for all kinds."""
READABLE = {
    "ordinary": "ValueError: bad luck",
    "panic": "Panic: panicked",
    "group": "BaseExceptionGroup: several (2 sub-exceptions)",
    "pytest_fail": "Failed: an assertion helper",
    "keyboard_interrupt": "KeyboardInterrupt: pressed",
    "system_exit": "SystemExit: 3",
    "noted": "ValueError: the message: with more",
    "line_break": "ValueError: below",
    "empty": "ValueError",
    "surrogate_and_nul": "ValueError: \\ud800 and \\0",
}
"""The first line of last_error, where it does not depend on the place."""


def _check(kind: str, last_error: str | None, caplog: pytest.LogCaptureFixture) -> None:
    assert last_error is not None
    assert len(last_error) <= 20_000, kind
    first = last_error.partition("\n")[0]
    assert first.strip(), kind
    assert "\0" not in last_error
    if kind in READABLE:
        assert first == READABLE[kind]
    [line] = [record.getMessage() for record in caplog.records if " failed, attempt " in record.getMessage()]
    assert len(line) < LONGEST_LINE
    assert not line.rstrip().endswith(":"), kind
    assert line.isprintable()


@pytest.mark.parametrize("place", ["loop", "thread", "process", "loop_batch", "thread_batch", "loop_items"])
async def test_a_handler_raises(shared_database: str, place: str, caplog: pytest.LogCaptureFixture) -> None:
    async with slots(shared_database, tasks) as worker:
        for kind in KINDS:
            caplog.clear()
            job = await worker.fail(place, [kind] if place.endswith(("batch", "items")) else kind)
            if place.endswith("items"):
                assert job.last_error is not None
                assert len(job.last_error) <= 20_000
            else:
                _check(kind, job.last_error, caplog)
            await worker.all_work()


@pytest.mark.parametrize(
    "script",
    [
        "exit 3",
        "kill -9 $$",
        "head -c 5000000 /dev/zero >&2; exit 1",
        "printf '\\n\\nbelow' >&2; exit 1",
        "exec /nowhere",
    ],
    ids=["exit code", "signal", "5 MB of NUL", "line break", "not found"],
)
async def test_a_program_fails(
    shared_database: str, script: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    registry = TaskRegistry()
    registry.executable("program", program)
    registry.add(tasks["good"].handler, "good")
    async with slots(shared_database, registry) as worker:
        job = await worker.fail("program", None)
        _check("program", job.last_error, caplog)
        await worker.all_work()


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
@pytest.mark.parametrize(
    "event", [BeforeJobRun, JobStart, AfterJobRun, JobComplete, JobFail, JobPermanentlyFail, JobFetch]
)
async def test_a_hook_raises(
    shared_database: str, event: type[Event], is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and changes nothing: a good job is done, a bad one fails with its own error."""
    hooks = Hooks()
    kind = "ordinary"

    def plain(_: Any) -> None:
        raise make(kind)

    async def not_plain(_: Any) -> None:
        await asyncio.sleep(0)
        raise make(kind)

    hooks.on(event)(not_plain if is_async else plain)
    async with slots(shared_database, tasks, hooks=hooks) as worker:
        for kind in KINDS_OF_HOOKS:  # noqa: B007  # The hooks look at it.
            caplog.clear()
            await worker.all_work()
            job = await worker.fail("loop", "ordinary")
            assert job.last_error is not None
            assert job.last_error.startswith("ValueError: bad luck\n")
            # Hooks are told after the database, which may be seen before.
            told = await eventually(lambda: [r for r in caplog.records if r.getMessage().startswith("the hook ")])
            formatted = [logging.Formatter().format(record) for record in told]
            assert max(map(len, formatted)) <= 21_000


@pytest.mark.parametrize("kind", ["panic", "keyboard_interrupt", "every_attribute_raises", "five_megabytes"])
async def test_a_reason_that_is_no_text(shared_database: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    from graphile_worker import Fail

    hooks = Hooks()
    hooks.on(AfterJobRun)(lambda event: Fail(make(kind)) if event.job.task_identifier == "loop" else None)
    async with slots(shared_database, tasks, hooks=hooks) as worker:
        job = await worker.fail("loop", "ordinary")
        _check("reason", job.last_error, caplog)
        await worker.all_work()


@pytest.mark.parametrize("how", ["alone", "then awaits", "swallowed", "swallowed, and an inner one", "three times"])
async def test_a_handler_cancels_itself(shared_database: str, how: str) -> None:
    async with slots(shared_database, tasks) as worker:
        for _ in range(4):
            await worker.ends("cancels_itself", how)
        failed = [job.last_error for job in await worker.client.list_jobs()]
        if how == "alone":
            assert failed == []
        else:
            assert len(failed) == 4
            assert all(error and error.startswith(("CancelledError", "TimeoutError: slow")) for error in failed)


@pytest.mark.parametrize("event", [BeforeJobRun, JobStart, AfterJobRun, JobComplete, JobFail, JobFetch])
async def test_a_hook_cancels_its_task(shared_database: str, event: type[Event]) -> None:
    hooks = Hooks()

    async def cancel(_: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(1)

    hooks.on(event)(cancel)
    async with slots(shared_database, tasks, hooks=hooks) as worker:
        for _ in range(4):
            job = await worker.fail("loop", "ordinary")
            assert job.last_error is not None
            assert job.last_error.startswith("ValueError: bad luck\n")
            await worker.all_work()
