"""What a policy says of retries: as the database takes it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from graphile_worker import Client, Exponential, Fixed, InvalidArgument, Linear
from graphile_worker._calls.retries import document_of


@pytest.mark.parametrize(
    ("retry", "delays"),
    [
        (Exponential("2s"), [2, 4, 8]),
        (Exponential(timedelta(seconds=1), factor=3, cap="5s"), [1, 3, 5]),
        (Linear("1m", cap="90s"), [60, 90, 90]),
        (Fixed(["100ms", timedelta(hours=2)]), [0.1, 7200, 7200]),
        ({"kind": "fixed", "delays": [3]}, [3, 3, 3]),
    ],
)
def test_the_database_waits_as_long(database: str, retry: Any, delays: list[float]) -> None:
    with Client(database) as client, psycopg.connect(database, autocommit=True) as connection:
        assert client.set_task_policy("t", retry=retry) is True
        found = [
            connection.execute(
                "select extract(epoch from graphile_worker._private_retry_delay(%s::jsonb, %s))::float",
                [json.dumps(client.list_task_policies()[0].retry), attempts],
            ).fetchone()
            for attempts in (1, 2, 3)
        ]
    assert found == [(delay,) for delay in delays]


@pytest.mark.parametrize(
    ("retry", "message"),
    [
        (Exponential("soon"), "bad base 'soon'"),
        (Linear("1s", cap=5), "bad cap 5"),  # type: ignore[arg-type]
        (Fixed(["1s", "-1s"]), "bad delay '-1s'"),
        ("2s", "bad retry '2s'"),
        ({"base": object()}, "can't be written as JSON"),
        ({"base": float("nan")}, "can't be written as JSON"),
    ],
)
def test_what_is_no_duration_is_refused(retry: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        document_of(retry, "retry")


def test_what_is_out_of_bounds_the_database_refuses(database: str) -> None:
    with Client(database) as client, pytest.raises(InvalidArgument, match="jitter is 0 to 1"):
        client.set_task_policy("t", retry=Exponential("2s", jitter=2))
