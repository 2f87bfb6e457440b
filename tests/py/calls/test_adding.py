"""Which statement adds jobs, and with which parameters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import InvalidJob, JobSpec
from graphile_worker._calls.adding import ADDING, ADDING_ONE, add_job, add_jobs, analyze_jobs, delayed
from graphile_worker._calls.call import Call
from graphile_worker._calls.statements import DELAYED

HOUR = timedelta(hours=1)
DEFAULTS: dict[str, Any] = {
    "queue_name": None,
    "run_at": None,
    "max_attempts": None,
    "job_key": None,
    "priority": None,
    "flags": None,
    "job_key_mode": "replace",
}


def test_a_job_of_defaults_has_a_statement_of_its_own() -> None:
    call = add_job("t", {"a": 1}, **DEFAULTS)
    assert call.statement == "add_job_of_defaults"
    assert call.params == {"identifier": "t", "payload": '{"a":1}', **DEFAULTS}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("queue_name", "q"),
        ("run_at", datetime(2030, 1, 1, tzinfo=UTC)),
        ("max_attempts", 1),
        ("job_key", "k"),
        ("priority", 0),
        ("flags", []),
        ("job_key_mode", "preserve_run_at"),
    ],
)
def test_any_option_takes_the_other_one(option: str, value: Any) -> None:
    call = add_job("t", None, **{**DEFAULTS, option: value})
    assert call.statement == "add_job"
    assert call.params == {"identifier": "t", "payload": None, **DEFAULTS, option: value}


def test_a_delay_takes_a_statement_of_its_own() -> None:
    for options in (DEFAULTS, {**DEFAULTS, "priority": 1}):
        call = delayed(add_job("t", None, **options), HOUR)
        assert call.statement == "add_job_delayed"
        assert call.params == {"identifier": "t", "payload": None, **options, "delay": HOUR}
    many = added(JobSpec(identifier="t", delay=timedelta(days=1, microseconds=1)), JobSpec(identifier="t"))
    assert (many.statement, many.params["run_ats"]) == ("add_unkeyed_jobs_delayed", '["+86400.000001 s",null]')


def test_flags_are_a_list_whatever_they_were() -> None:
    assert add_job("t", None, **{**DEFAULTS, "flags": (flag for flag in ("a", "b"))}).params["flags"] == ["a", "b"]


def added(*specs: JobSpec) -> Call[list[int]]:
    return add_jobs(specs, job_key_preserve_run_at=True)


def test_many_without_keys_leave_out_what_none_of_them_has() -> None:
    call = added(JobSpec(identifier="t"), JobSpec(identifier="t", payload=[1], priority=3, flags=("f",)))
    assert call.statement == "add_unkeyed_jobs"
    assert call.params == {
        "identifiers": '["t"]',
        "payloads": "[{},[1]]",
        "queue_names": None,
        "run_ats": None,
        "max_attempts": None,
        "priorities": "[null,3]",
        "flags": '[null,["f"]]',
    }


def test_several_tasks_are_all_named() -> None:
    assert added(JobSpec(identifier="t"), JobSpec(identifier="u")).params["identifiers"] == '["t","u"]'


def test_one_key_takes_the_statement_that_knows_keys() -> None:
    call = added(JobSpec(identifier="t"), JobSpec(identifier="t", job_key="k"))
    assert call.statement == "add_jobs"
    # By place: one for each.
    assert (call.params["identifiers"], call.params["job_keys"]) == ('["t","t"]', '[null,"k"]')
    assert call.params["job_key_preserve_run_at"] is True


@pytest.mark.parametrize("name", ["priority", "max_attempts"])
@pytest.mark.parametrize("value", [-32769, 32768])
def test_numbers_that_are_no_smallint_are_named(name: str, value: int) -> None:
    with pytest.raises(InvalidJob, match=f"bad {name} {value} of a 'u' job"):
        added(JobSpec(identifier="t"), JobSpec(identifier="u", **{name: value}))
    good = max(min(value, 32767), -32768)
    assert added(JobSpec(identifier="t", **{name: good})).statement == "add_unkeyed_jobs"


def test_what_adds_is_known_as_such() -> None:
    """What is repeated only with a key."""
    one = {add_job("t", None, **DEFAULTS).statement, add_job("t", None, **{**DEFAULTS, "priority": 1}).statement}
    many = {added(JobSpec(identifier="t")).statement, added(JobSpec(identifier="t", job_key="k")).statement}
    assert one == ADDING_ONE
    at_once = one | many | {"add_unique_job", "add_unique_jobs"}
    assert at_once | DELAYED == ADDING
    later = {delayed(add_job("t", None, **DEFAULTS), HOUR).statement}
    later |= {added(JobSpec(identifier="t", delay=HOUR, job_key=key)).statement for key in ("k", None)}
    assert later < DELAYED
    assert analyze_jobs(1).statement not in ADDING
