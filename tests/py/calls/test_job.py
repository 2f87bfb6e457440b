"""A claimed job: JSON as it came, decoded for whoever looks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graphile_worker._calls.job import Job

AT = datetime(2030, 1, 1, tzinfo=UTC)


def job(payload: bytes = b"{}", flags: bytes | None = None) -> Job:
    return Job(7, "t", payload, "q", -1, AT, 2, 25, AT, "k", flags)


@pytest.mark.parametrize(("text", "payload"), [(b'{"a": [1]}', {"a": [1]}), (b"null", None), (rb'"\ud800"', "\ud800")])
def test_the_payload(text: bytes, payload: object) -> None:
    assert job(text).payload == payload
    assert job(text).payload_json == text


@pytest.mark.parametrize(("text", "flags"), [(None, set()), (b"{}", set()), (b'{"a": true, "b": true}', {"a", "b"})])
def test_the_flags(text: bytes | None, flags: set[str]) -> None:
    assert job(flags=text).flags == flags


def test_what_a_log_says_of_it() -> None:
    assert job().log_fields() == {
        "job_id": 7,
        "task_identifier": "t",
        "attempts": 2,
        "max_attempts": 25,
        "queue_name": "q",
        "job_key": "k",
    }
