"""The local queue: its modes, its time to live, the refetch delay, and several of them; and the batch delays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from graphile_worker import (
    AsyncClient,
    Event,
    Hooks,
    InvalidArgument,
    JobSpec,
    LocalQueue,
    LocalQueueGetJobsComplete,
    LocalQueueInit,
    LocalQueueRefetchDelayAbort,
    LocalQueueRefetchDelayExpired,
    LocalQueueRefetchDelayStart,
    LocalQueueReturnJobs,
    LocalQueueSetMode,
    RefetchDelay,
    TaskRegistry,
    Worker,
    WorkerOptions,
)
from graphile_worker._worker.local_queue import LocalQueueSupply
from graphile_worker._worker.work_signal import WorkSignal
from tests.support import eventually

# Far longer than any test: what happens within it was not found by polling.
NEVER = timedelta(minutes=10)
EVENTS = (
    LocalQueueInit, LocalQueueSetMode, LocalQueueGetJobsComplete, LocalQueueReturnJobs, LocalQueueRefetchDelayStart,
    LocalQueueRefetchDelayAbort, LocalQueueRefetchDelayExpired,
)  # fmt: skip


class Events:
    """What the hooks of a local queue told, and a way to wait for it."""

    def __init__(self) -> None:
        self.hooks = Hooks()
        self.told: list[Event] = []
        self._more = asyncio.Condition()
        for event in EVENTS:
            self.hooks.on(event)(self._tell)

    async def _tell(self, event: Event) -> None:
        async with self._more:
            self.told.append(event)
            self._more.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._more:
            await self._more.wait_for(condition)

    def modes(self) -> list[str]:
        return [event.new for event in self.told if isinstance(event, LocalQueueSetMode)]

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.told if isinstance(event, kind)]


def blocking() -> tuple[TaskRegistry, asyncio.Event, list[int]]:
    """A task that waits until it is let go."""
    tasks = TaskRegistry()
    let_go = asyncio.Event()
    started: list[int] = []

    @tasks.task
    async def block(payload: dict[str, int]) -> None:
        started.append(payload["n"])
        await let_go.wait()

    return tasks, let_go, started


async def test_holds_up_to_its_size_and_returns_what_was_not_started(database: str) -> None:
    events = Events()
    tasks, let_go, started = blocking()
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="block", payload={"n": n}) for n in range(20))
        queue = LocalQueue(size=10)
        async with Worker(database, tasks, concurrency=2, local_queue=queue, poll_interval=NEVER, hooks=events.hooks):
            await events.until(lambda: len(events.of(LocalQueueGetJobsComplete)) == 1)
            await eventually(lambda: len(started) == 2)
            stats = await client.stats()
            # Two run, the others wait in memory.
            assert (stats.locked, stats.ready) == (10, 10)
            assert started == [0, 1]
            let_go.set()
            # Stopping now: what waits goes back.
        stats = await client.stats()
        assert (stats.locked, stats.scheduled) == (0, 0)
        assert {job.attempts for job in await client.list_jobs(limit=100)} <= {0}
    assert events.modes() == ["polling", "waiting", "released"]
    assert [event.size for event in events.of(LocalQueueInit)] == [10]  # type: ignore[attr-defined]
    assert len(events.of(LocalQueueReturnJobs)) == 1


@pytest.mark.parametrize(
    ("finished", "buffered", "wanted"),
    [
        # Jobs that take long: filled up once half of it is used.
        (0, 0, 100), (0, 50, 50), (0, 51, 0),
        # Within the horizon of a second thirty will start, and so do not wait.
        (30, 0, 100), (30, 60, 70), (30, 80, 50), (30, 81, 0),
        # All that it holds will start by then: claims are as large as it is, and no larger.
        (1000, 100, 100), (1000, 0, 100), (1000, 151, 0),
    ],
)  # fmt: skip
async def test_what_is_about_to_start_does_not_count(finished: int, buffered: int, wanted: int) -> None:
    supply = LocalQueueSupply(
        LocalQueue(size=100), horizon=1.0, lane_id="lane", hooks=Hooks(), poll_interval=1.0, work=WorkSignal()
    )
    for _ in range(30):
        supply.observe(finished, elapsed=1.0)
    assert supply.wanted(idle=0, buffered=buffered) == wanted
    # Whoever is idle gets a job.
    assert supply.wanted(idle=500, buffered=buffered) >= 500 - buffered
    # When nothing starts any more, what was about to start was not.
    await supply.fetched(80)
    assert supply.review(started=0, buffered=80) == 80
    assert supply.wanted(idle=0, buffered=80) == 0


async def test_what_has_not_started_after_its_time_to_live_goes_back(database: str) -> None:
    events = Events()
    tasks, let_go, started = blocking()
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="block", payload={"n": n}) for n in range(4))
        queue = LocalQueue(size=10, ttl=timedelta(milliseconds=200))
        async with Worker(database, tasks, concurrency=1, local_queue=queue, poll_interval=NEVER, hooks=events.hooks):
            await events.until(lambda: events.modes()[-1:] == ["ttl_expired"])
            await events.until(lambda: bool(events.of(LocalQueueReturnJobs)))
            await _until(client, lambda locked, ready: (locked, ready) == (1, 3))
            assert started == [0]
            # It asks again once a runner is idle.
            let_go.set()
            await _until(client, lambda locked, ready: locked + ready == 0)
        assert started == [0, 1, 2, 3]
    assert events.modes()[:5] == ["polling", "waiting", "ttl_expired", "polling", "waiting"]


async def _until(client: AsyncClient, condition: Callable[[int, int], bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            stats = await client.stats()
            if condition(stats.locked, stats.ready):
                return
            await asyncio.sleep(0.01)


async def test_an_empty_fetch_delays_the_next_one_until_it_expires(database: str) -> None:
    events = Events()
    tasks, _, started = blocking()
    delay = RefetchDelay(duration=timedelta(milliseconds=300), max_abort_threshold=1_000_000)
    queue = LocalQueue(size=10, refetch_delay=delay)
    async with AsyncClient(database) as client:
        async with Worker(database, tasks, concurrency=1, local_queue=queue, poll_interval=NEVER, hooks=events.hooks):
            await events.until(lambda: bool(events.of(LocalQueueRefetchDelayStart)))
            await client.add_job("block", {"n": 1})
            await events.until(lambda: bool(events.of(LocalQueueRefetchDelayExpired)))
            await events.until(lambda: "waiting" in events.modes())
        assert started == [1]
    start = events.of(LocalQueueRefetchDelayStart)[0]
    assert timedelta(milliseconds=150) <= start.delay <= timedelta(milliseconds=300)  # type: ignore[attr-defined]
    assert not events.of(LocalQueueRefetchDelayAbort)


async def test_enough_notified_jobs_end_the_delay(database: str) -> None:
    events = Events()
    tasks, _, started = blocking()
    queue = LocalQueue(size=10, refetch_delay=RefetchDelay(duration=NEVER, max_abort_threshold=5))
    async with AsyncClient(database) as client:
        async with Worker(database, tasks, concurrency=1, local_queue=queue, poll_interval=NEVER, hooks=events.hooks):
            # The new LISTEN counts as one job, and may end a first delay.
            await events.until(lambda: bool(events.of(LocalQueueRefetchDelayStart)))
            await client.add_jobs(JobSpec(identifier="block", payload={"n": n}) for n in range(5))
            await events.until(lambda: bool(events.of(LocalQueueRefetchDelayAbort)))
            await events.until(lambda: "waiting" in events.modes())
        assert started == [0]
    assert not events.of(LocalQueueRefetchDelayExpired)


async def test_a_named_queue_drains_one_by_one_without_polling(database: str) -> None:
    tasks = TaskRegistry()
    running: list[int] = []
    order: list[int] = []

    @tasks.task
    async def step(payload: dict[str, int]) -> None:
        running.append(payload["n"])
        assert len(running) == 1
        await asyncio.sleep(0.001)
        order.append(running.pop())

    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="step", payload={"n": n}, queue_name="one") for n in range(50))
        async with Worker(database, tasks, concurrency=10, local_queue=LocalQueue(size=50), poll_interval=NEVER):
            await _until(client, lambda locked, ready: locked + ready == 0)
    assert order == list(range(50))


async def test_several_local_queues_share_the_concurrency(database: str) -> None:
    tasks, let_go, started = blocking()
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="block", payload={"n": n}) for n in range(40))
        queue = LocalQueue(size=4, queue_count=3)
        worker = Worker(database, tasks, concurrency=4, local_queue=queue, poll_interval=NEVER)
        async with worker:
            # Four run; each of the three keeps up to four more.
            await _until(client, lambda locked, ready: (locked, ready, len(started)) == (14, 26, 4))
            holders = {holder.worker_id for holder in await client.list_locked_workers()}
            assert holders == {worker.id, f"{worker.id}_1", f"{worker.id}_2"}
            let_go.set()
            await _until(client, lambda locked, ready: locked + ready == 0)
    assert sorted(started) == list(range(40))


async def test_more_local_queues_than_concurrency_are_as_many(database: str) -> None:
    tasks, let_go, started = blocking()
    let_go.set()
    async with AsyncClient(database) as client:
        await client.add_jobs(JobSpec(identifier="block", payload={"n": n}) for n in range(5))
        await Worker(database, tasks, concurrency=2, local_queue=LocalQueue(queue_count=7)).run_once()
    assert sorted(started) == list(range(5))


@pytest.mark.parametrize("outcome", ["complete", "fail"])
async def test_a_batch_delay_gathers_outcomes(database: str, outcome: str) -> None:
    """Nothing is handed in before the delay, all of it together afterwards; a retry counts from its own failure."""
    tasks = TaskRegistry()
    ran: list[datetime] = []

    @tasks.task
    async def work() -> None:
        ran.append(datetime.now(UTC))
        if outcome == "fail":
            raise ValueError("no")

    async with AsyncClient(database) as client:
        ids = await client.add_jobs(JobSpec(identifier="work") for _ in range(3))
        options = WorkerOptions(
            concurrency=5,
            poll_interval=NEVER,
            complete_batch_delay=timedelta(seconds=1),
            fail_batch_delay=timedelta(seconds=1),
        )
        async with Worker(database, tasks, options=options):
            await _until(client, lambda locked, _: locked == 3 and len(ran) == 3)
            await _until(client, lambda locked, _: locked == 0)
            handed_in = datetime.now(UTC)
        assert handed_in - ran[0] >= timedelta(seconds=1)
        if outcome == "complete":
            assert (await client.stats()).total == 0
        else:
            for job_id in ids:
                job = await client.show_job(job_id)
                assert job is not None
                # exp(1) seconds after it failed, not after it was handed in.
                assert abs(job.run_at - ran[0] - timedelta(seconds=2.718)) < timedelta(seconds=0.7)


def test_bad_options_are_refused() -> None:
    for make in (
        lambda: LocalQueue(size=0),
        lambda: LocalQueue(ttl=timedelta(0)),
        lambda: LocalQueue(queue_count=0),
        lambda: RefetchDelay(duration=timedelta(0)),
        lambda: RefetchDelay(threshold=-1),
        lambda: RefetchDelay(max_abort_threshold=0),
        lambda: LocalQueue(size=10, refetch_delay=RefetchDelay(threshold=10)),
        lambda: WorkerOptions(complete_batch_delay=timedelta(seconds=-1)),
        lambda: WorkerOptions(max_pool_size=0),
        lambda: WorkerOptions(forbidden_flags="text"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidArgument, match="bad "):
            make()


def test_a_refetch_delay_is_no_longer_than_the_poll_interval() -> None:
    queue = LocalQueue(refetch_delay=RefetchDelay(duration=timedelta(seconds=2)))
    assert WorkerOptions(local_queue=queue, poll_interval=timedelta(seconds=2)).local_queue is queue
    with pytest.raises(InvalidArgument, match=r"bad refetch delay duration 0:00:02.*poll_interval, 0:00:01"):
        WorkerOptions(local_queue=queue)
