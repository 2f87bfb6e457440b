"""A task given to what adds jobs: its defaults and its payload type, wherever it is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    BeforeJobSchedule,
    Client,
    GraphileWorkerError,
    Hooks,
    InvalidJob,
    JobContext,
    JobRow,
    JobSpec,
    PayloadError,
    Proceed,
    TaskRegistry,
    ThreadContext,
    Unique,
)
from graphile_worker.testing import RecordingClient, drain, jobs_of, run_task

HOUR = timedelta(hours=1)


@dataclass
class Mail:
    to: str


tasks = TaskRegistry()


@tasks.task("mail/send", queue_name="mail", priority=4, max_attempts=3)
async def send(payload: Mail) -> None: ...


@tasks.task(unique=Unique(by=["to"]))
async def remind(payload: Mail) -> None: ...


@tasks.batch
async def index(items: list[int]) -> None: ...


MAIL = Mail("ada@example.com")


async def test_a_client_takes_the_task_itself(database: str) -> None:
    async with AsyncClient(database) as client:
        await client.add_job(send, MAIL)
        await client.add_job(send, MAIL, priority=9, delay=HOUR)
    with Client(database) as plain:
        plain.add_job(send, MAIL, queue_name="other")
        jobs = jobs_of(database, "mail/send")
        assert [(job.queue_name, job.priority, job.max_attempts) for job in jobs] == [
            ("mail", 4, 3),
            ("mail", 9, 3),
            ("other", 4, 3),
        ]
        assert [job.payload for job in jobs] == [{"to": "ada@example.com"}] * 3
        assert [plain.add_job(remind, MAIL).is_new for _ in range(2)] == [True, False]
        assert plain.add_job(index, [1, 2]).payload == [1, 2]
        assert plain.add_batch_job(index, {3}, job_key="k").payload == [3]


async def test_what_does_not_fit_is_refused_before_anything_is_sent() -> None:
    """To nowhere: nobody asks for a connection."""
    client, plain = AsyncClient("postgresql://nobody@localhost:1/none"), Client("postgresql://nobody@localhost:1/none")
    with pytest.raises(PayloadError, match=r"does not fit mail/send: Expected `str`, got `int` - at `\$.to`"):
        await client.add_job(send, {"to": 7})  # type: ignore[misc]
    with pytest.raises(PayloadError, match="does not fit mail/send"):
        plain.add_job(send)
    with pytest.raises(InvalidJob, match="A batch has one item at least"):
        plain.add_job(index, [])
    with pytest.raises(
        InvalidJob, match=r"bad task identifier <built-in function print>.*once it is registered: @tasks"
    ):
        plain.add_job(print)  # type: ignore[arg-type]
    called = send(MAIL)
    with pytest.raises(InvalidJob, match="That is a call of a handler: give the task, then its payload"):
        plain.add_job(called)
    called.close()
    with pytest.raises(InvalidJob, match="bad task identifier None"):
        await client.add_job(None)  # type: ignore[arg-type]
    with pytest.raises(InvalidJob, match=r"That is a task: `task.spec\(payload\)`.*'mail/send'"):
        plain.add_jobs([JobSpec(identifier=send)])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="prioritty"):
        send.add(MAIL, client=plain, prioritty=3)  # type: ignore[call-arg]


async def test_hooks_are_told_the_identifier_and_the_payload_as_it_is_written() -> None:
    hooks, seen = Hooks(), []

    @hooks.on(BeforeJobSchedule)
    def look(event: BeforeJobSchedule) -> Proceed:
        seen.append((event.identifier, event.payload))
        return Proceed({"to": "grace@example.com"})

    client = RecordingClient(hooks=hooks)
    await client.add_job(send, MAIL)
    assert seen == [("mail/send", MAIL)]
    assert client.jobs[0].payload == {"to": "grace@example.com"}
    assert client.jobs[0].queue_name == "mail"


async def test_specs_have_the_defaults_of_the_task(database: str) -> None:
    spec = send.spec(MAIL, priority=1, delay=HOUR)
    assert spec == JobSpec(
        identifier="mail/send", payload=MAIL, queue_name="mail", priority=1, max_attempts=3, delay=HOUR
    )
    with pytest.raises(PayloadError, match="does not fit mail/send"):
        send.spec({"to": 7})  # type: ignore[arg-type]
    assert remind.unique is not None
    with Client(database) as client:
        client.add_jobs(send.spec(Mail(f"{n}@example.com")) for n in range(3))
        assert [job.queue_name for job in jobs_of(database, "mail/send")] == ["mail"] * 3
        found = client.add_unique_jobs([remind.spec(MAIL), remind.spec(MAIL)], remind.unique)
        assert len({job.id for job in found}) == 1


async def test_in_handlers_on_the_loop_and_in_a_thread(database: str) -> None:
    handlers = TaskRegistry()

    @handlers.task
    async def on_the_loop(payload: None, context: JobContext) -> None:
        await context.client.add_job(send, Mail("loop"))

    @handlers.task
    def in_a_thread(payload: None, context: ThreadContext) -> None:
        row: JobRow = context.client.add_job(send, Mail("thread"), delay=HOUR)
        assert row.run_at - row.created_at == HOUR
        context.client.add_jobs([send.spec(Mail("bulk"))])

    async with AsyncClient(database) as client:
        await client.add_job(on_the_loop)
        await client.add_job(in_a_thread)
    handlers.add(send, "mail/send")
    await drain(database, handlers)
    # What was due has run.
    assert [job.payload for job in jobs_of(database, "mail/send")] == [{"to": "thread"}]


def test_in_a_script(database: str) -> None:
    own = TaskRegistry()

    @own.task(queue_name="mail")
    def note(payload: dict[str, Any]) -> None: ...

    with pytest.raises(GraphileWorkerError, match=r"needs a client\. Give client="):
        note.add({})
    with Client(database) as client:
        own.use(client)
        row = note.add({"n": 1}, delay=HOUR, job_key="n")
        assert (row.payload, row.key, row.run_at - row.created_at) == ({"n": 1}, "n", HOUR)


async def test_a_handler_that_is_run_by_itself() -> None:
    own = TaskRegistry()

    @own.task
    async def welcome(payload: Mail, context: JobContext) -> None:
        await context.client.add_job(send, payload, delay=HOUR)

    client = RecordingClient()
    await run_task(welcome, MAIL, client=client)
    assert [(job.identifier, job.delay, job.queue_name) for job in client.jobs] == [("mail/send", HOUR, "mail")]
