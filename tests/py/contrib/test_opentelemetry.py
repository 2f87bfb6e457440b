"""Traces: a job carries the span that added it, its run is a span linked to that one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from graphile_worker import (
    AfterJobRun,
    AsyncClient,
    BeforeJobSchedule,
    Client,
    Fail,
    Hooks,
    JobComplete,
    JobContext,
    JobInterrupted,
    JobSpec,
    JobStart,
    PayloadError,
    Proceed,
    Skip,
    TaskRegistry,
    Worker,
)
from graphile_worker.contrib.opentelemetry import OpenTelemetry
from graphile_worker.testing import jobs_of, make_context


@dataclass
class Mail:
    to: str


class Recorded:
    """A tracer provider whose finished spans can be looked at."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    def plugin(self, **options: Any) -> OpenTelemetry:
        return OpenTelemetry(tracer_provider=self.provider, **options)

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def span(self, name: str) -> ReadableSpan:
        [span] = self.spans(name)
        return span


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def registry(recorded: Recorded) -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    async def send(payload: Mail) -> None:
        with recorded.tracer.start_as_current_span("smtp"):
            pass

    @tasks.task
    def blocking(payload: dict[str, Any], context: JobContext) -> None:
        with recorded.tracer.start_as_current_span("in a thread"):
            pass

    @tasks.task
    async def chain(payload: dict[str, Any], context: JobContext) -> None:
        await context.client.add_job("send", Mail("from chain"))

    @tasks.task
    async def fails() -> None:
        raise ValueError("bad luck")

    return tasks


async def test_a_run_is_linked_to_the_span_that_added_the_job(database: str, recorded: Recorded) -> None:
    plugin = recorded.plugin()
    async with AsyncClient(database, hooks=Hooks([plugin])) as client:
        with recorded.tracer.start_as_current_span("request") as request:
            sent = await client.add_job("send", Mail("ada"), queue_name="q", job_key="k")
            await client.add_job("blocking")
    context = request.get_span_context()
    trace_member = {
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "flags": int(context.trace_flags),
    }
    assert [job.payload for job in jobs_of(database)] == [
        {"to": "ada", "_trace": trace_member},
        {"_trace": trace_member},
    ]

    worker = Worker(database, registry(recorded), plugins=[plugin], concurrency=1)
    await worker.run_once()
    for name, child in (("run send", "smtp"), ("run blocking", "in a thread")):
        run = recorded.span(name)
        assert [(link.context.trace_id, link.context.span_id) for link in run.links] == [
            (context.trace_id, context.span_id)
        ]
        # A trace of its own.
        assert run.parent is None
        assert run.context.trace_id != context.trace_id
        assert run.status.status_code is StatusCode.UNSET
        [inner] = recorded.spans(child)
        assert inner.parent is not None
        assert inner.parent.span_id == run.context.span_id
    assert dict(recorded.span("run send").attributes or {}) == {
        "messaging.system": "graphile_worker",
        "messaging.operation.type": "process",
        "messaging.operation.name": "run",
        "messaging.destination.name": "send",
        "messaging.message.id": str(sent.id),
        "messaging.client.id": worker.id,
        "graphile_worker.job.attempts": 1,
        "graphile_worker.job.max_attempts": 25,
        "graphile_worker.job.priority": 0,
        "graphile_worker.job.queue_name": "q",
        "graphile_worker.job.key": "k",
    }


async def test_a_job_added_by_a_job_is_linked_to_its_run(database: str, recorded: Recorded) -> None:
    async with AsyncClient(database) as client:
        await client.add_job("chain")
    await Worker(database, registry(recorded), plugins=[recorded.plugin()], concurrency=1).run_once()
    chain, send = recorded.span("run chain"), recorded.span("run send")
    assert chain.links == ()
    assert [link.context.span_id for link in send.links] == [chain.context.span_id]
    # The same runner ran both: nothing of the first is left when the second begins.
    assert send.parent is None
    assert send.context.trace_id != chain.context.trace_id


async def test_an_error_is_recorded(database: str, recorded: Recorded) -> None:
    async with AsyncClient(database) as client:
        await client.add_job("fails")
        await client.add_job("send", {"to": 5})
    await Worker(database, registry(recorded), plugins=[recorded.plugin()]).run_once()
    run = recorded.span("run fails")
    assert (run.status.status_code, run.status.description) == (StatusCode.ERROR, "ValueError: bad luck")
    [event] = run.events
    assert dict(event.attributes or {}).items() >= {
        ("exception.type", "ValueError"),
        ("exception.message", "bad luck"),
    }
    assert "PayloadError: the payload does not fit send" in (recorded.span("run send").status.description or "")


async def test_an_interrupted_job(database: str, recorded: Recorded) -> None:
    tasks = TaskRegistry()
    started = asyncio.Event()

    @tasks.task
    async def slow() -> None:
        started.set()
        await asyncio.Event().wait()

    async with AsyncClient(database) as client:
        await client.add_job("slow")
    worker = Worker(database, tasks, plugins=[recorded.plugin()])
    run = asyncio.create_task(worker.run())
    await started.wait()
    worker.stop(now=True)
    await run
    assert recorded.span("run slow").status.description == "interrupted: shutdown"


@pytest.mark.parametrize(
    ("task", "decision", "description"),
    [("send", Skip(), None), ("send", Fail("rejected"), "rejected"), ("fails", Skip(), None)],
)
async def test_an_interceptor_that_decides_first_leaves_no_span_open(
    database: str, recorded: Recorded, task: str, decision: Any, description: str | None
) -> None:
    hooks = Hooks()
    hooks.on(AfterJobRun)(lambda _event: decision)
    async with AsyncClient(database) as client:
        await client.add_job(task, Mail("ada"))
    await Worker(database, registry(recorded), hooks=hooks, plugins=[recorded.plugin()]).run_once()
    assert recorded.span(f"run {task}").status.description == description


def test_only_objects_are_told_and_only_inside_a_span(database: str, recorded: Recorded) -> None:
    hooks = Hooks([recorded.plugin(exclude=["strict"])])
    with Client(database, hooks=hooks) as client:
        client.add_job("x", {"n": 1})
        with recorded.tracer.start_as_current_span("request"):
            client.add_jobs([JobSpec(identifier="x", payload=payload) for payload in ([1, []], "text", 5, {})])
            client.add_job("strict", {"n": 2})
            with pytest.raises(PayloadError):
                client.add_job("x", {"n": object()})
        payloads = [job.payload for job in jobs_of(client)]
    assert payloads[:4] == [{"n": 1}, [1, []], "text", 5]
    assert list(payloads[4]) == ["_trace"]
    assert payloads[5] == {"n": 2}


@pytest.mark.parametrize(
    "told",
    [None, 7, {}, {"trace_id": "zz", "span_id": "1", "flags": 1}, {"trace_id": "0", "span_id": "0", "flags": 1}],
)
async def test_a_trace_that_is_none_is_ignored(database: str, recorded: Recorded, told: Any) -> None:
    async with AsyncClient(database) as client:
        await client.add_job("send", {"to": "ada", "_trace": told})
        await client.add_job("send", {"to": "_trace"})
    await Worker(database, registry(recorded), plugins=[recorded.plugin()]).run_once()
    assert [span.links for span in recorded.spans("run send")] == [(), ()]


async def test_a_trace_with_flags_beyond_a_byte_can_be_exported(database: str, recorded: Recorded) -> None:
    async with AsyncClient(database) as client:
        await client.add_job("send", {"to": "ada", "_trace": {"trace_id": "1", "span_id": "1", "flags": 2**40 + 1}})
        deep = b'{"to": "ada", "_trace": ' + b"[" * 3000 + b"]" * 3000 + b"}"
        await client.add_job("send", msgspec.Raw(deep))
    await Worker(database, registry(recorded), plugins=[recorded.plugin()]).run_once()
    assert [[link.context.trace_flags for link in span.links] for span in recorded.spans("run send")] == [[1], []]


async def test_another_hook_sees_what_was_added(database: str, recorded: Recorded) -> None:
    seen: list[Any] = []
    hooks = Hooks([recorded.plugin()])

    @hooks.on(BeforeJobSchedule)
    async def look(event: BeforeJobSchedule) -> Proceed:
        seen.append(event.payload)
        return Proceed({"n": 2})

    async with AsyncClient(database, hooks=hooks) as client:
        with trace.use_span(recorded.tracer.start_span("request")):
            job = await client.add_job("x", {"n": 1})
    assert set(seen[0]) == {"n", "_trace"}
    assert job.payload == {"n": 2}


async def test_a_batch_is_linked_to_each_span_that_added_items(database: str, recorded: Recorded) -> None:
    """Each object of an array has a `_trace`; what two callers add to one batch is linked to both, once each."""
    plugin = recorded.plugin()
    batches: list[Any] = []
    tasks = TaskRegistry()

    @tasks.batch()
    async def index(items: list[Any]) -> None:
        batches.append(items)

    requests = []
    async with AsyncClient(database, hooks=Hooks([plugin])) as client:
        for items in ([{"n": 1}, 7, {"n": 2}], [{"n": 3}, [{"n": 4}]]):
            with recorded.tracer.start_as_current_span("request") as request:
                await client.add_batch_job("index", items, job_key="k")
            requests.append(request.get_span_context())
    await Worker(database, tasks, plugins=[plugin]).run_once()
    [batch] = batches
    ids = [item["_trace"]["span_id"] if isinstance(item, dict) else item for item in batch]
    first, second = [trace.format_span_id(request.span_id) for request in requests]
    assert ids == [first, 7, first, second, [{"n": 4}]]
    links = [(link.context.trace_id, link.context.span_id) for link in recorded.span("run index").links]
    assert links == [(request.trace_id, request.span_id) for request in requests]


async def test_items_of_a_batch_whose_trace_is_none_are_passed_over(database: str, recorded: Recorded) -> None:
    tasks = TaskRegistry()

    @tasks.batch()
    async def index(items: list[Any]) -> None: ...

    good = {"trace_id": "a", "span_id": "b", "flags": 1}
    async with AsyncClient(database) as client:
        await client.add_batch_job("index", [{"_trace": None}, {"_trace": good}, "_trace", {"_trace": {"flags": "x"}}])
    await Worker(database, tasks, plugins=[recorded.plugin()]).run_once()
    assert [link.context.span_id for link in recorded.span("run index").links] == [11]


async def test_the_span_of_a_job_taken_back_and_run_here_goes_on(recorded: Recorded) -> None:
    hooks = Hooks([recorded.plugin()])
    about: Any = {"worker_id": "w", "job": make_context("slow").job}
    await hooks.emit(JobStart(**about))
    await hooks.emit(JobInterrupted(**about, reason="worker_crashed", dead_worker_id="dead"))
    assert recorded.spans("run slow") == []
    await hooks.emit(JobComplete(**about, duration=timedelta(seconds=1)))
    assert recorded.span("run slow").status.status_code is StatusCode.UNSET
