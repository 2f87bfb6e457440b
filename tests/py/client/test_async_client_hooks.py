"""BeforeJobSchedule: interceptors have a say in what both clients add."""

from __future__ import annotations

from typing import Any, Self

import pytest

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    Fail,
    GraphileWorkerError,
    Hooks,
    InvalidJob,
    JobContext,
    JobNotAdded,
    JobSpec,
    Proceed,
    Skip,
    TaskRegistry,
    Worker,
)
from graphile_worker.testing import jobs_of


def answering(*answers: Any, seen: list[Any] | None = None) -> Hooks:
    """Hooks that answer for the identifier `x` and proceed with any other."""
    hooks = Hooks()
    for answer in answers:

        @hooks.on(BeforeJobSchedule)
        def decide(event: BeforeJobSchedule, answer: Any = answer) -> Any:
            if seen is not None:
                seen.append((event.worker_id, event.identifier, event.payload))
            return answer if event.identifier == "x" else None

    return hooks


class Both:
    """The same calls, on either client."""

    def __init__(self, kind: str, url: str, hooks: Hooks) -> None:
        self._client = (Client if kind == "plain" else AsyncClient)(url, hooks=hooks)
        self._kind = kind

    async def __call__(self, name: str, *args: Any, **options: Any) -> Any:
        result = getattr(self._client, name)(*args, **options)
        return result if self._kind == "plain" else await result

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self("close")


both = pytest.mark.parametrize("kind", ["plain", "async"])


@both
async def test_another_payload_goes_down_the_chain(database: str, kind: str) -> None:
    seen: list[Any] = []
    hooks = answering(None, Proceed(), Proceed({"n": 2}), Proceed(None), None, seen=seen)
    async with Both(kind, database, hooks) as call:
        job = await call("add_job", "x", {"n": 1}, job_key="k")
        assert (job.payload, job.key) == ({}, "k")
        assert seen == [("", "x", n) for n in ({"n": 1}, {"n": 1}, {"n": 1}, {"n": 2}, None)]
        await call("add_jobs", [JobSpec(identifier="x", payload=1, job_key="l"), JobSpec(identifier="y", payload=2)])
        assert sorted((j.task_identifier, j.payload, j.key) for j in jobs_of(database)[1:]) == [
            ("x", {}, "l"),
            ("y", 2, None),
        ]


@both
async def test_skip(database: str, kind: str) -> None:
    async with Both(kind, database, answering(Skip(), Fail("never asked"))) as call:
        with pytest.raises(JobNotAdded, match="a hook has skipped the 'x' job"):
            await call("add_job", "x")
        ids = await call("add_jobs", [JobSpec(identifier=name) for name in ("a", "x", "b")])
        assert [(j.id, j.task_identifier) for j in jobs_of(database)] == list(zip(ids, "ab", strict=True))
        assert await call("add_jobs", [JobSpec(identifier="x")]) == []


@both
async def test_fail(database: str, kind: str) -> None:
    async with Both(kind, database, answering(Fail("too many"))) as call:
        with pytest.raises(InvalidJob, match="a hook has refused the 'x' job: too many"):
            await call("add_job", "x")
        with pytest.raises(InvalidJob, match="too many"):
            await call("add_jobs", (JobSpec(identifier=name) for name in ("a", "x")))
    assert jobs_of(database) == []


@both
async def test_a_hook_that_raises_decides_nothing(database: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks()

    @hooks.on(BeforeJobSchedule)
    def explode(_event: BeforeJobSchedule) -> None:
        raise RuntimeError("boom")

    async with Both(kind, database, hooks) as call:
        assert (await call("add_job", "x", {"n": 1})).payload == {"n": 1}
    assert "explode raised at BeforeJobSchedule" in caplog.text


@both
async def test_an_async_hook_is_for_the_async_client(database: str, kind: str) -> None:
    hooks = Hooks()

    @hooks.on(BeforeJobSchedule)
    async def decide(_event: BeforeJobSchedule) -> Proceed:
        return Proceed({"n": 2})

    async with Both(kind, database, hooks) as call:
        if kind == "async":
            assert (await call("add_job", "x")).payload == {"n": 2}
        else:
            with pytest.raises(GraphileWorkerError, match=r"decide is async.*\. Make it a plain function"):
                await call("add_job", "x")
            assert jobs_of(database) == []


async def test_a_worker_asks_its_hooks_about_what_handlers_add(database: str) -> None:
    seen: list[Any] = []
    tasks = TaskRegistry()

    @tasks.task
    async def parent(_payload: Any, context: JobContext) -> None:
        await context.client.add_job("x", {"n": 1})
        await child.add({"n": 2})

    @tasks.task
    async def child(_payload: dict[str, Any]) -> None: ...

    with Client(database) as client:
        client.add_job("parent")
    worker = Worker(database, tasks, hooks=answering(Proceed({"n": 3}), seen=seen))
    await worker.run_once()
    assert seen == [(worker.id, "x", {"n": 1}), (worker.id, "child", {"n": 2})]
    assert [job.payload for job in jobs_of(database, "x")] == [{"n": 3}]
