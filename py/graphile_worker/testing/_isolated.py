"""Runs one task without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from msgspec import structs

from .._basis.arguments import of, refuse
from .._basis.errors import GraphileWorkerError
from .._basis.json_text import decode, encode
from .._basis.own_tasks import must_end
from .._calls import adding
from .._calls.call import Call
from .._calls.job import Job
from .._calls.rows import JobRow, JobSpec
from .._calls.unique import Unique
from .._client.async_client import AsyncClient
from .._hooks.hooks import Hooks
from .._tasks.context import JobContext
from .._tasks.executors import Places
from .._tasks.home import leave, settle
from .._tasks.own_context import in_own_context
from .._tasks.results import settled
from .._tasks.task import Task
from ._stopping import Stopping

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedJob:
    """A job that was given to a RecordingClient; `payload` as its handler would find it: plain values from JSON."""

    id: int
    identifier: str
    payload: Any
    queue_name: str | None
    run_at: datetime | None
    max_attempts: int | None
    job_key: str | None
    priority: int | None
    flags: tuple[str, ...]
    unique: Unique | None = None
    delay: timedelta | None = None


class RecordingClient(AsyncClient):
    """An AsyncClient without a database, which keeps the jobs that are added in `jobs`; all it can do is add.

    Two jobs of one key are two here, and so are two that are to be unique: what that does is the database's business.

    >>> client = RecordingClient()
    >>> await client.add_job("send_email", {"to": "ada@example.com"})  # doctest: +SKIP
    >>> [job.payload for job in client.jobs]  # doctest: +SKIP
    [{'to': 'ada@example.com'}]
    """

    needs_loop = False
    """A plain handler can be called by itself, with the context that make_context makes."""

    def __init__(self, *, hooks: Hooks | None = None) -> None:
        super().__init__(_no_database, hooks=hooks)
        self.jobs: list[AddedJob] = []

    async def _run(self, call: Call[T]) -> T:
        p = call.params
        if call.statement in _ADDING_ONE:
            return cast("T", self._add(p, p["flags"] or ()))
        await _no_database()
        raise AssertionError

    async def _add_all(self, specs: Sequence[JobSpec], job_key_preserve_run_at: bool) -> list[int]:  # noqa: ARG002
        # Refuses what `add_job` refuses, job by job, before any is added: all jobs are added or none.
        given = [{**structs.asdict(spec), "job_key_mode": "replace"} for spec in specs]
        delays = [options.pop("delay") for options in given]
        calls = [adding.add_job(**options) for options in given]
        calls = [c if d is None else adding.delayed(c, d) for c, d in zip(calls, delays, strict=True)]
        return [self._add(call.params, call.params["flags"] or ()).id for call in calls]

    def _add(self, spec: Mapping[str, Any], flags: Iterable[str]) -> JobRow:
        job = AddedJob(
            id=len(self.jobs) + 1,
            payload=decode((spec["payload"] or "{}").encode()),
            flags=tuple(flags),
            **{name: value for name, value in spec.items() if name in _TAKEN_OVER},
        )
        self.jobs.append(job)
        now = datetime.now(UTC)
        return JobRow(
            id=job.id,
            job_queue_id=None,
            task_id=0,
            payload=job.payload,
            priority=job.priority or 0,
            run_at=job.run_at or now + (job.delay or timedelta(0)),
            attempts=0,
            max_attempts=25 if job.max_attempts is None else job.max_attempts,
            last_error=None,
            created_at=now,
            updated_at=now,
            key=job.job_key,
            locked_at=None,
            locked_by=None,
            revision=0,
            flags=dict.fromkeys(job.flags, True) or None,
            is_available=True,
        )


_TAKEN_OVER = ("identifier", "queue_name", "run_at", "max_attempts", "job_key", "priority", "unique", "delay")
_ADDING_ONE = adding.ADDING_ONE | {"add_unique_job", "add_job_delayed", "add_unique_job_delayed"}


async def _no_database() -> Any:
    raise GraphileWorkerError(
        "there is no database behind this client: it only records what is added",
        hint="Give run_task or make_context a real one: client=AsyncClient(...)",
    )


def make_context(
    identifier: str = "task",
    payload: Any = None,
    *,
    client: AsyncClient | None = None,
    state: Mapping[str, Any] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
    **job: Any,
) -> JobContext:
    """Makes the context of a job that never was in a database; its client is a RecordingClient unless one is given.

    `is_cancelled` is what `context.is_cancelled` asks, say the `is_set` of a threading.Event. Further keyword arguments
    are fields of the job: `attempts=3`, `key="k"`, `queue_name="q"`.

    >>> make_context("greet", {"name": "Ada"}, attempts=3).job.attempts
    3
    """
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "id": 1,
        "task_identifier": identifier,
        "payload_json": (encode(payload) or "{}").encode(),
        "queue_name": None,
        "priority": 0,
        "run_at": now,
        "attempts": 1,
        "max_attempts": 25,
        "created_at": now,
        "key": None,
        "flags_json": None,
    }
    return JobContext(
        Job(**{**fields, **job}), "graphile_worker_test", client or RecordingClient(), state or {}, is_cancelled
    )


async def run_task(
    task: Task[Any], payload: Any = None, context: JobContext | None = None, *, client: AsyncClient | None = None
) -> Any:
    """Runs a task as a worker would, without a database, and returns what its handler returns.

    The payload is written as JSON and read back into the type that the handler declares, and the handler runs where it
    would run: on the event loop, in a thread, a process, or as a program. What it raises is raised here, PayloadError
    for a payload that does not fit; TimeoutError when the task's `timeout` is over, and its handler was stopped, or, in
    a thread, told (`context.is_cancelled`) and has raised. Retry, Snooze, GiveUp and Discard are raised, also where
    they are returned; what else a policy makes of an error is for `drain` to show. `context`, from make_context, has
    the fields of the job and the state; its payload counts when none is given here. Jobs that the handler adds go to
    `client`, else to the client of the context.

    >>> client = RecordingClient()
    >>> await run_task(welcome, {"email": "ada@example.com"}, client=client)  # doctest: +SKIP
    >>> assert [job.identifier for job in client.jobs] == ["send_email"]  # doctest: +SKIP
    """
    of(Task)(task, "task")
    if client is not None and not isinstance(client, AsyncClient):
        refuse("client", client, "It is a RecordingClient or an AsyncClient; plain handlers get a plain one of it")
    if context is None:
        context = make_context(task.identifier)
    job = context.job
    if job.task_identifier not in task.aliases:
        job = job._replace(task_identifier=task.identifier)
    if payload is not None:
        job = job._replace(payload_json=task.written(payload))
    adds_to = client or context.client
    places = Places(1)
    stopping = Stopping(places, task.policy.timeout)
    known = context
    context = JobContext(
        job, context.worker_id, adds_to, context.state, lambda: known.is_cancelled or stopping.is_stopped()
    )
    token = settle(adds_to)
    failure: BaseException | None = None
    try:
        async with stopping:
            return await in_own_context(_run(task, job, context, places))
    # Whatever it is that a handler raises when it is stopped.
    except BaseException as error:
        if not stopping.is_stopped() or must_end(error):
            raise
        failure = error
    finally:
        places.close()
        leave(token)
    raise TimeoutError(f"the task's timeout of {task.policy.timeout} is over") from failure


async def _run(task: Task[Any], job: Job, context: JobContext, places: Places) -> Any:
    arguments = task.arguments(job.payload_json, context)
    if task.middleware is not None:
        return await task.middleware.run(task, job, arguments, places)
    return await settled(await (task.call(*arguments) if task.run_in == "loop" else places.run(task, arguments)))
