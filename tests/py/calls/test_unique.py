"""What makes a job unique, and the calls that add one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import InvalidArgument, InvalidJob, JobSpec, Unique
from graphile_worker._calls.adding import ADDING, ADDING_ONE, add_job
from graphile_worker._calls.unique import unique_job, unique_jobs

HOUR = timedelta(hours=1)
PARAMS: dict[str, Any] = {
    "queue_name": "q", "run_at": None, "max_attempts": 3, "job_key": None, "priority": None, "flags": None,
    "job_key_mode": "replace",
}  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"key": 7}, "bad key 7"),
        ({"key": "k", "by": ["a"]}, "leave out one of key and by"),
        ({"by": "a"}, r"It is a list, not one value: \['a'\]"),
        ({"by": [1]}, "bad by: item 1"),
        ({"within": 3600}, "timedelta"),
        ({"within": timedelta(0)}, "It is more than 0"),
        ({"until": "failed"}, "It is started, ended or completed"),
        ({"until": None}, "It is started, ended or completed"),
    ],
)
def test_values_out_of_bounds_are_refused(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        Unique(**bad)


def test_a_unique_job_is_added_with_all_that_a_job_is() -> None:
    call = unique_job(add_job("t", {"a": 1}, **PARAMS), Unique(by=("a", "b"), within=HOUR, until="started"))
    assert call.statement == "add_unique_job"
    assert call.params.pop("unique").within == HOUR
    assert call.params == {
        "identifier": "t", "payload": '{"a":1}', **PARAMS,
        "unique_key": None, "by": ["a", "b"], "within": HOUR, "until": "started",
    }  # fmt: skip


def test_many_jobs_have_an_identifier_each() -> None:
    call = unique_jobs([JobSpec(identifier="t", payload=n) for n in range(2)], Unique())
    assert call.statement == "add_unique_jobs"
    assert json.loads(call.params["identifiers"]) == ["t", "t"]
    assert json.loads(call.params["payloads"]) == [0, 1]


def test_a_job_key_is_refused() -> None:
    with pytest.raises(InvalidJob, match=r"bad job_key 'k'.*leave out job_key"):
        unique_job(add_job("t", None, **{**PARAMS, "job_key": "k"}), Unique())
    with pytest.raises(InvalidJob, match=r"bad job_key 'k'.*leave out job_key"):
        unique_jobs([JobSpec(identifier="t", job_key="k")], Unique())


def test_one_key_for_many_jobs_is_refused() -> None:
    with pytest.raises(InvalidJob, match="bad key 'k'"):
        unique_jobs([JobSpec(identifier="t")], Unique(key="k"))


def test_what_is_no_unique_is_refused() -> None:
    with pytest.raises(InvalidJob, match=r"bad unique True. It is a Unique"):
        unique_job(add_job("t", None, **PARAMS), True)  # type: ignore[arg-type]


def test_a_lost_answer_of_both_leaves_open_what_was_added() -> None:
    assert {"add_unique_job", "add_unique_jobs"} <= ADDING - ADDING_ONE
