"""What a worker, its options and the tools for tests refuse: the error names the value and the remedy."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    GraphileWorkerError,
    InvalidArgument,
    LocalQueue,
    Recovery,
    RefetchDelay,
    TaskRegistry,
    Worker,
    WorkerOptions,
)
from graphile_worker._crontab.crontab import Crontab
from graphile_worker.testing import drain, run_task

URL = "postgresql://127.0.0.1:1/nowhere"
tasks = TaskRegistry()
task = tasks.add(lambda: None, "nothing")
DURATIONS = (
    "poll_interval",
    "grace_period",
    "interrupted_job_retry_delay",
    "read_ahead",
    "complete_batch_delay",
    "fail_batch_delay",
    "blocked_after",
    "blocked_exit_after",
    "min_reset_locked_interval",
    "max_reset_locked_interval",
)


@pytest.mark.parametrize("name", DURATIONS)
def test_a_duration_is_a_timedelta(name: str) -> None:
    for value, shown in ((1, "1"), (1.5, "1.5"), ("1s", "'1s'"), (True, "True"), (datetime.now(UTC), "datetime")):
        with pytest.raises(InvalidArgument, match=rf"bad {name} .*{shown}.*timedelta\(seconds="):
            Worker(URL, tasks, **{name: value})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Worker(URL, tasks, concurrency="5"), "bad concurrency '5'.*integer"),
        (lambda: Worker(URL, tasks, concurrency=1.5), "bad concurrency 1.5"),
        (lambda: Worker(URL, tasks, concurrency=True), "bad concurrency True"),
        (lambda: Worker(URL, tasks, max_pool_size="5"), "bad max_pool_size '5'"),
        (lambda: Worker(URL, tasks, use_notifications="no"), "bad use_notifications 'no'.*True or False"),
        (lambda: Worker(URL, tasks, use_local_time=1), "bad use_local_time 1"),
        (lambda: Worker(URL, tasks, prepare_statements=0), "bad prepare_statements 0"),
        (lambda: Worker(URL, tasks, forbidden_flags="vip"), r"bad forbidden_flags 'vip'.*\['vip'\]"),
        (lambda: Worker(URL, tasks, forbidden_flags=[5]), "bad forbidden_flags: item 5"),
        (lambda: Worker(URL, tasks, local_queue=100), "bad local_queue 100.*LocalQueue"),
        (lambda: Worker(URL, tasks, recovery=False), "bad recovery False.*Recovery"),
        (lambda: Worker(URL, tasks, state=[1]), r"bad state \[1\].*Mapping"),
        (lambda: Worker(URL, tasks, schema=5), "bad schema 5"),
        (lambda: Worker(URL, tasks, min_reset_locked_interval=timedelta(0)), "bad min_reset_locked_interval 0:00:00"),
        (
            lambda: Worker(URL, tasks, min_reset_locked_interval=timedelta(minutes=11)),
            "bad max_reset_locked_interval 0:10:00.*from min_reset_locked_interval, 0:11:00, to 1 hour",
        ),
        (
            lambda: Worker(URL, tasks, max_reset_locked_interval=timedelta(minutes=61)),
            "bad max_reset_locked_interval 1:01:00.*to 1 hour",
        ),
        (lambda: Worker(URL, tasks, on_blocked="stop"), "bad on_blocked stop.*warn or exit"),
        (lambda: Worker(URL, tasks, on_blocked=True), "bad on_blocked True"),
        (lambda: Worker(URL, tasks, blocked_exit_after=timedelta(0)), "bad blocked_exit_after 0:00:00.*more than 0"),
        (lambda: Worker(URL, tasks, on_blocked="exit", recovery=None), "on_blocked is exit, and recovery is off"),
        (lambda: Worker(URL, tasks, options={"concurrency": 5}), "bad options .*WorkerOptions"),
        (lambda: Worker(URL, tasks, hooks=[print]), "bad hooks .*Hooks"),
        (lambda: Worker(URL, [task]), r"bad tasks \[Task.*TaskRegistry"),
        (lambda: Worker(URL, task), "bad tasks Task.*TaskRegistry"),
        (lambda: Worker(URL, "app.tasks"), "bad tasks 'app.tasks'.*TaskRegistry"),
        (lambda: Worker(5, tasks), "bad target 5.*connection string"),
        (lambda: Worker(URL, tasks, crontab=5), "bad crontab 5.*Cron.parse"),
        (lambda: Worker(URL, tasks, crontab=["* * * * * nothing"]), "bad entry of a crontab.*Cron.parse"),
        (lambda: WorkerOptions(poll_interval=None), "bad poll_interval None"),
        (lambda: Recovery(heartbeat_interval=30), r"bad heartbeat_interval 30.*timedelta\(seconds=30\)"),
        (lambda: Recovery(sweep_threshold="5m"), "bad sweep_threshold '5m'"),
        (lambda: Recovery(recovery_delay=1), "bad recovery_delay 1"),
        (lambda: Recovery(connection_grace=5), "bad connection_grace 5"),
        (lambda: Recovery(resilient_flags="vip"), "bad resilient_flags 'vip'"),
        (lambda: Recovery(resilient_multiplier="3"), "bad resilient_multiplier '3'"),
        (lambda: Recovery(max_crashes=2.5), "bad max_crashes 2.5"),
        (lambda: Recovery(orphans_like=5), "bad orphans_like 5"),
        (lambda: LocalQueue(size=1.5), "bad size 1.5"),
        (lambda: LocalQueue(ttl=300), "bad ttl 300"),
        (lambda: LocalQueue(refetch_delay=5), "bad refetch_delay 5.*RefetchDelay"),
        (lambda: LocalQueue(queue_count="2"), "bad queue_count '2'"),
        (lambda: RefetchDelay(duration=0.1), "bad duration 0.1"),
        (lambda: RefetchDelay(threshold=None), "bad threshold None"),
        (lambda: RefetchDelay(max_abort_threshold="5"), "bad max_abort_threshold '5'"),
        (lambda: AsyncClient(URL, max_pool_size=0), "bad max_pool_size 0"),
        (lambda: Client(URL, max_pool_size="5"), "bad max_pool_size '5'"),
        (lambda: Client(URL, hooks=[print]), "bad hooks .*Hooks"),
        (lambda: Client(URL, schema=5), "bad schema name 5"),
        (lambda: Crontab(5), "bad crontab 5"),
    ],
)
def test_what_is_no_option_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        make()


async def test_the_tools_for_tests_refuse_it_too() -> None:
    for call, words in (
        (lambda: drain(URL, [task]), "bad tasks"),
        (lambda: drain(URL, tasks, now=datetime(2030, 1, 1)), "bad now .*no time zone"),  # noqa: DTZ001
        (lambda: drain(URL, tasks, now=timedelta(1)), "bad now 1 day"),
        (lambda: drain(URL, tasks, max_jobs="5"), "bad max_jobs"),
        (lambda: run_task("nothing"), "bad task 'nothing'"),
    ):
        with pytest.raises(InvalidArgument, match=words):
            await call()  # type: ignore[no-untyped-call]


def test_a_stranger_that_can_not_be_shown_is_named_all_the_same() -> None:
    class Strange:
        def __repr__(self) -> str:
            raise RuntimeError

    with pytest.raises(GraphileWorkerError, match="bad concurrency <Strange>"):
        WorkerOptions(concurrency=Strange())  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument) as caught:
        WorkerOptions(schema=["x" * 10_000])  # type: ignore[arg-type]
    assert len(str(caught.value)) < 400


def test_subclasses_are_options_as_well() -> None:
    class Text(str):
        __slots__ = ()

    class Size(enum.IntEnum):
        SMALL = 5

    options = WorkerOptions(concurrency=Size.SMALL, forbidden_flags=[Text("a")])  # type: ignore[arg-type]
    assert (options.concurrency, options.forbidden_flags) == (5, ("a",))
    assert [type(options.concurrency), type(options.forbidden_flags[0])] == [int, str]
    assert WorkerOptions(recovery=None).recovery is None


async def test_bad_options_are_refused() -> None:
    own = TaskRegistry()
    with pytest.raises(InvalidArgument, match="no tasks"):
        Worker("", own)
    own.add(lambda: None, "nothing")
    with pytest.raises(InvalidArgument, match="bad concurrency 0"):
        Worker("", own, concurrency=0)
    with pytest.raises(InvalidArgument, match="bad poll_interval"):
        Worker("", own, poll_interval=timedelta(0))
    with pytest.raises(InvalidArgument, match="registered twice"):
        own.add(lambda: None, "nothing")
