"""What clients refuse before anything is sent: the error names the value and the remedy."""

from __future__ import annotations

import asyncio
import enum
import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import (
    AsyncClient,
    Client,
    GraphileWorkerError,
    InvalidArgument,
    InvalidJob,
    JobSpec,
    PayloadError,
    TaskRegistry,
)
from graphile_worker.testing import RecordingClient

NAIVE = datetime(2030, 1, 1, 8)  # noqa: DTZ001
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
tasks = TaskRegistry()


@tasks.task
async def greet(payload: dict[str, str]) -> None: ...


class Plain(enum.Enum):
    SEND = "send"


class Words(enum.StrEnum):
    SEND = "send"


class Numbers(enum.IntEnum):
    LOW = 5


class Text(str):
    """As Django's SafeString."""

    __slots__ = ()


class Later(datetime):
    """As those of pendulum and freezegun."""


class Whole(int):
    pass


class Part(float):
    pass


def no_connection() -> Any:
    raise AssertionError("a connection was asked for")


async def no_async_connection() -> Any:
    no_connection()


def refused(call: Callable[[Any], Any], error: type[GraphileWorkerError], words: list[str]) -> None:
    """Both clients raise this before they ask for a connection."""
    for client in (Client(no_connection), AsyncClient(no_async_connection)):
        with pytest.raises(error) as caught:
            asyncio.run(_await(call, client))
        assert not isinstance(caught.value, psycopg.Error)
        for word in words:
            assert word in str(caught.value)


async def _await(call: Callable[[Any], Any], client: Any) -> None:
    result = call(client)
    if inspect.isawaitable(result):
        await result


JOBS: list[tuple[dict[str, Any], list[str]]] = [
    ({"run_at": NAIVE}, ["bad run_at", "2030, 1, 1, 8", "no time zone"]),
    ({"run_at": timedelta(minutes=5)}, ["bad run_at 0:05:00", "datetime.now(UTC) + datetime.timedelta(seconds=300)"]),
    ({"run_at": "2030-01-01"}, ["bad run_at '2030-01-01'", "not a str"]),
    ({"run_at": date(2030, 1, 1)}, ["bad run_at", "not a date"]),
    ({"run_at": 1.5}, ["bad run_at 1.5", "not a float"]),
    ({"flags": "vip"}, ["bad flags 'vip'", "['vip']"]),
    ({"flags": 7}, ["bad flags 7"]),
    ({"flags": {"vip": False}}, ["bad flags"]),
    ({"flags": [Plain.SEND]}, ["flags: item", "Plain.SEND", "'send'"]),
    ({"flags": ["a\0"]}, ["flags: item", r"'a\x00'", "NUL"]),
    ({"job_key": "a\0b"}, ["bad job key", r"'a\x00b'", "NUL"]),
    ({"job_key": 42}, ["bad job key 42", "not an int"]),
    ({"job_key": "\ud800"}, ["bad job key", "surrogate"]),
    ({"queue_name": Plain.SEND}, ["bad queue name", "'send'", "StrEnum"]),
    ({"queue_name": "q\0"}, ["bad queue name", "NUL"]),
    ({"priority": 2**40}, ["bad priority 1099511627776", "-32768 to 32767"]),
    ({"priority": 40000}, ["bad priority 40000", "-32768 to 32767"]),
    ({"priority": 1.5}, ["bad priority 1.5", "integer"]),
    ({"priority": True}, ["bad priority True", "integer"]),
    ({"priority": "5"}, ["bad priority '5'", "integer"]),
    ({"max_attempts": 2**40}, ["bad max_attempts 1099511627776"]),
    ({"identifier": Plain.SEND}, ["bad task identifier", "Plain.SEND", "'send'"]),
    ({"identifier": None}, ["bad task identifier None"]),
    ({"identifier": "a\0"}, ["bad task identifier", "NUL"]),
]


@pytest.mark.parametrize(("job", "words"), [*JOBS, ({"job_key_mode": "replaec"}, ["bad job_key_mode 'replaec'"])])
def test_one_job_is_refused_by_its_values(job: dict[str, Any], words: list[str]) -> None:
    refused(lambda client: client.add_job(**{"identifier": "t", **job}), InvalidJob, words)
    refused(lambda client: client.add_batch_job(**{"identifier": "t", "items": [1], **job}), InvalidJob, words)


@pytest.mark.parametrize(
    ("job", "words"), [*JOBS, ({"identifier": greet}, ["bad task identifier", "greet", "task.spec(payload)"])]
)
def test_many_jobs_are_refused_by_the_values_of_one(job: dict[str, Any], words: list[str]) -> None:
    good = [JobSpec(identifier="t"), JobSpec(identifier="t", priority=3, queue_name="q", job_key="k", flags=["f"])]
    bad = JobSpec(**{"identifier": "t", **job})
    refused(lambda client: client.add_jobs([*good, bad]), InvalidJob, words)
    refused(lambda client: client.add_jobs([bad, bad]), InvalidJob, words)


PAYLOADS: list[tuple[Any, list[str]]] = [
    ({"score": float("nan")}, ["payload['score'] is nan", "JSON has no number"]),
    ({"a": [1, {"b": float("inf")}], "c": None}, ["payload['a'][1]['b'] is inf"]),
    (float("-inf"), ["payload is -inf"]),
    ([Part("nan")], ["payload[0] is nan"]),
    ({1j: 1}, ["can't be written as JSON"]),
    ({"a": no_connection}, ["can't be written as JSON"]),
    ("\ud800", ["can't be written as JSON", "surrogates"]),
]


@pytest.mark.parametrize(("payload", "words"), PAYLOADS)
def test_a_payload_that_json_has_no_form_for_is_refused(payload: Any, words: list[str]) -> None:
    spec = JobSpec(identifier="t", payload=payload)
    refused(lambda client: client.add_job("t", payload), PayloadError, words)
    of_many = [word.replace("payload", "payloads[1]") for word in words]
    refused(lambda client: client.add_jobs([JobSpec(identifier="t"), spec]), PayloadError, of_many)
    refused(lambda client: client.add_batch_job("t", [1, payload]), PayloadError, [words[0].split(" ")[-1]])


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], ["bad items []", "one item at least"]),
        ("abc", ["bad items 'abc'", "['abc']"]),
        ({"a": 1}, ["bad items {'a': 1}"]),
        (None, ["bad items None"]),
    ],
)
def test_a_batch_is_a_list_of_items(items: Any, words: list[str]) -> None:
    refused(lambda client: client.add_batch_job("b", items), InvalidJob, words)


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ([{"identifier": "t"}], ["bad specs[0] {'identifier': 't'}", "JobSpec(**that)"]),
        ([JobSpec(identifier="t"), "t"], ["bad specs[1] 't'", "JobSpec(identifier=...)"]),
        (JobSpec(identifier="t"), ["bad specs JobSpec(", "[JobSpec(identifier=...)]"]),
        ("t", ["bad specs 't'"]),
        (5, ["bad specs 5"]),
    ],
)
def test_many_jobs_are_specs(specs: Any, words: list[str]) -> None:
    refused(lambda client: client.add_jobs(specs), InvalidJob, words)


CALLS: list[tuple[Callable[[Any], Any], list[str]]] = [
    (lambda c: c.reschedule_jobs([1], run_at=NAIVE), ["bad run_at", "no time zone"]),
    (lambda c: c.reschedule_jobs([1], run_at=timedelta(hours=1)), ["bad run_at 1:00:00", "datetime.now(UTC)"]),
    (lambda c: c.reschedule_jobs([1], run_at="tomorrow"), ["bad run_at 'tomorrow'"]),
    (lambda c: c.reschedule_jobs([1], priority=2**40), ["bad priority"]),
    (lambda c: c.reschedule_jobs([1], attempts=1.5), ["bad attempts 1.5"]),
    (lambda c: c.reschedule_jobs([1], max_attempts=True), ["bad max_attempts True"]),
    (lambda c: c.reschedule_matching_jobs(task="t", run_at=NAIVE), ["bad run_at"]),
    (lambda c: c.retry_matching_jobs(changed_since=NAIVE), ["bad changed_since"]),
    (lambda c: c.remove_matching_jobs(changed_before="1h"), ["bad changed_before '1h'"]),
    (lambda c: c.fail_matching_jobs(task="t", error_message="a\0"), ["bad error_message", "NUL"]),
    (lambda c: c.complete_matching_jobs(task=greet), ["bad task", "greet"]),
    (lambda c: c.complete_matching_jobs(task="t", max_jobs="5"), ["bad max_jobs '5'"]),
    (lambda c: c.complete_matching_jobs(task="t", after_id=2**70), ["bad after_id"]),
    (lambda c: c.complete_matching_jobs(job_ids="12"), ["bad job_ids '12'"]),
    (lambda c: c.complete_jobs("12"), ["bad job_ids '12'"]),
    (lambda c: c.complete_jobs(7), ["bad job_ids 7"]),
    (lambda c: c.complete_jobs(None), ["bad job_ids None"]),
    (lambda c: c.retry_jobs([2**70]), ["bad job_ids: item"]),
    (lambda c: c.retry_jobs(["7"]), ["bad job_ids: item '7'"]),
    (lambda c: c.permanently_fail_jobs([1], "a\0b"), ["bad error_message", "NUL"]),
    (lambda c: c.permanently_fail_jobs([1], ValueError("x")), ["bad error_message ValueError"]),
    (lambda c: c.remove_job("a\0"), ["bad job key", "NUL"]),
    (lambda c: c.remove_job(None), ["bad job key None"]),
    (lambda c: c.force_unlock_workers("w1"), ["bad worker_ids 'w1'", "['w1']"]),
    (lambda c: c.release_expired_locks(4), ["bad max_age 4", "timedelta(seconds=4)"]),
    (lambda c: c.sweep_stale_workers(sweep_threshold=300), ["bad sweep_threshold 300", "timedelta(seconds=300)"]),
    (lambda c: c.sweep_stale_workers(recovery_delay=1.5), ["bad recovery_delay 1.5", "timedelta"]),
    (lambda c: c.sweep_stale_workers(dry_run="no"), ["bad dry_run 'no'"]),
    (lambda c: c.cleanup("gc_job_queues"), ["bad tasks 'gc_job_queues'", "['gc_job_queues']"]),
    (lambda c: c.cleanup(keep="send_email"), ["bad keep 'send_email'"]),
    (lambda c: c.cleanup(max_rows=1.5), ["bad max_rows 1.5"]),
    (lambda c: c.pause_queue(Plain.SEND), ["bad name", "'send'"]),
    (lambda c: c.pause_task("t", "a\0"), ["bad reason", "NUL"]),
    (lambda c: c.resume_task(None), ["bad name None"]),
    (lambda c: c.register_crontabs("abc"), ["bad identifiers 'abc'"]),
    (lambda c: c.register_crontabs(["a"], seen_at=NAIVE), ["bad seen_at"]),
    (lambda c: c.schedule_crontabs(NAIVE, []), ["bad tick", "no time zone"]),
    (lambda c: c.schedule_crontabs(NOON, ["* * * * * t"]), ["bad entry '* * * * * t'", "Cron.parse"]),
    (lambda c: c.schedule_crontabs(NOON, [], backfilled="no"), ["bad backfilled 'no'"]),
    (lambda c: c.list_jobs(limit="5"), ["bad limit '5'"]),
    (lambda c: c.list_jobs(limit=2**40), ["bad limit 1099511627776"]),
    (lambda c: c.list_jobs(search="a\0"), ["bad search", "NUL"]),
    (lambda c: c.list_jobs_page(before_id=1.5), ["bad before_id 1.5"]),
    (lambda c: c.show_job("7"), ["bad job_id '7'"]),
    (lambda c: c.list_workers(300), ["bad stale_threshold 300", "timedelta(seconds=300)"]),
    (lambda c: c.list_queues(after_queue=5), ["bad after_queue 5"]),
    (lambda c: c.task_stats(count_limit=None.__class__), ["bad count_limit"]),
    (lambda c: c.analyze_jobs("many"), ["bad added_jobs 'many'"]),
]


@pytest.mark.parametrize(("call", "words"), CALLS)
def test_calls_of_operators_refuse_what_is_not_what_it_should_be(call: Callable[[Any], Any], words: list[str]) -> None:
    refused(call, InvalidArgument, words)


async def test_subclasses_are_taken_as_what_they_are() -> None:
    client = RecordingClient()
    later = Later(2030, 1, 1, 12, tzinfo=UTC)
    options: dict[str, Any] = {
        "queue_name": Text("q"), "job_key": Words.SEND, "priority": Numbers.LOW, "max_attempts": Whole(3),
        "flags": {"vip": True}, "run_at": later, "job_key_mode": Text("replace"),
    }  # fmt: skip
    payload = {Text("a"): Text("b"), "c": Whole(1), "d": Part(1.5), "e": later, "f": [Words.SEND, Plain.SEND]}
    await client.add_job(Words.SEND, payload, **options)
    del options["job_key_mode"]
    await client.add_jobs([JobSpec(identifier=Text("send"), payload=payload, **options)])
    for job in client.jobs:
        assert job.payload == {"a": "b", "c": 1, "d": 1.5, "e": "2030-01-01T12:00:00Z", "f": ["send", "send"]}
        values = (job.identifier, job.queue_name, job.job_key, job.priority, job.max_attempts, job.flags, job.run_at)
        assert values == ("send", "q", "send", 5, 3, ("vip",), NOON)
        assert [type(value) for value in values] == [str, str, str, int, int, tuple, datetime]


async def test_a_recording_client_refuses_as_the_real_one_does() -> None:
    client = RecordingClient()
    with pytest.raises(InvalidJob, match="no time zone"):
        await client.add_jobs([JobSpec(identifier="t", run_at=NAIVE)])
    assert client.jobs == []


async def test_the_defaults_of_a_task_are_checked_where_they_are_written() -> None:
    for options, words in (
        ({"queue_name": Plain.SEND}, "queue_name"),
        ({"priority": 2**40}, "priority"),
        ({"max_attempts": "3"}, "max_attempts"),
    ):
        with pytest.raises(InvalidArgument, match=f"bad {words}"):
            TaskRegistry().task("t", **options)(lambda: None)  # type: ignore[call-overload]
    with pytest.raises(InvalidArgument, match=r"bad run_in 'threads'.*thread"):
        TaskRegistry().add(lambda: None, "t", run_in="threads")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match=r"bad task identifier .*'send'"):
        TaskRegistry().add(lambda: None, Plain.SEND)  # type: ignore[arg-type]


async def test_a_batch_task_refuses_an_empty_batch() -> None:
    registry = TaskRegistry()

    @registry.batch("b")
    async def index(items: list[int]) -> None: ...

    for items in ([], None, "abc"):
        with pytest.raises(InvalidJob, match="bad items"):
            await index.add(items, client=RecordingClient())
