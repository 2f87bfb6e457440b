"""Limits of tasks and queues that stand in the code: checked where they are written, published by workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import InvalidArgument, Limit, TaskRegistry

MINUTE = timedelta(minutes=1)


def test_the_database_is_told_what_it_limits() -> None:
    tasks = TaskRegistry()

    @tasks.task(limit=Limit(max_running=5, rate=100, per=MINUTE, burst=20, weight_by="tokens"))
    async def ask_model() -> None: ...

    @tasks.task
    async def plain() -> None: ...

    limit = ask_model.policy.limit
    assert limit is not None
    assert limit.document() == {"max_running": 5, "rate": 100, "per": "60s", "burst": 20, "weight_by": "tokens"}
    assert ask_model.policy.document() == {}
    assert plain.policy.limit is None
    tasks.limit_queue("tenant:*", width=3, share=1.5)
    tasks.limit_queue("imports", rate=5, per=MINUTE)
    tasks.limit_queue("mail")
    assert tasks.queue_limits == {
        "tenant:*": {"width": 3, "share": 1.5},
        "imports": {"rate": 5, "per": "60s"},
        "mail": {},
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "a Limit that limits nothing"),
        ({"weight_by": "tokens"}, "a Limit that limits nothing"),
        ({"max_running": 0}, "bad max_running 0"),
        ({"max_running": True}, "bad max_running True"),
        ({"rate": 0}, "bad rate 0"),
        ({"rate": "5"}, "bad rate '5'"),
        ({"rate": float("nan")}, "bad rate nan"),
        ({"max_running": 1, "per": MINUTE}, "per and burst belong to a rate"),
        ({"max_running": 1, "burst": 3}, "per and burst belong to a rate"),
        ({"rate": 1, "per": 60}, "bad per 60"),
        ({"rate": 1, "per": timedelta(0)}, "bad per 0:00:00"),
        ({"rate": 1, "burst": 0}, "bad burst 0"),
        ({"rate": 1, "weight_by": ""}, "bad weight_by ''"),
    ],
)
def test_what_is_no_limit_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        Limit(**values)
    assert str(raised.value).startswith(message)


def test_what_is_no_limit_of_a_task_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="bad limit 5"):
        TaskRegistry().add(lambda: None, "t", limit=5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("", {"width": 1}, "bad queue name ''"),
        ("x" * 129, {"width": 1}, "bad queue name"),
        ("x" * 129 + "*", {"width": 1}, "bad queue name"),
        ("a*b", {"width": 1}, "bad pattern 'a*b'"),
        (7, {"width": 1}, "bad queue name 7"),
        ("q", {"width": 0}, "bad width 0"),
        ("q", {"share": 0}, "bad share 0"),
        ("q", {"burst": 1}, "per and burst belong to a rate"),
    ],
)
def test_what_is_no_limit_of_a_queue_is_refused(name: Any, values: dict[str, Any], message: str) -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument) as raised:
        tasks.limit_queue(name, **values)
    assert str(raised.value).startswith(message)
    assert tasks.queue_limits == {}


def test_an_unknown_value_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_running'"):
        TaskRegistry().limit_queue("q", max_running=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["*", "x" * 128 + "*", "x" * 128])
def test_names_as_long_as_may_be(name: str) -> None:
    tasks = TaskRegistry()
    tasks.limit_queue(name, width=2)
    assert tasks.queue_limits == {name: {"width": 2}}
