"""The policies of tasks on the admin page: listed, set and reset; what only reads may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphile_worker import AsyncClient
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect

RETRY = {"kind": "exponential", "base": "2s", "cap": "1h"}


@pytest.fixture
async def page(database: str) -> AsyncIterator[Api]:
    async with api(database) as opened:
        yield opened


@pytest.fixture
async def client(database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(database) as opened:
        yield opened


async def listed(page: Api) -> dict[str, dict[str, Any]]:
    return {row["task_identifier"]: row for row in (await page.get("policies"))["policies"]}


async def test_policies_are_listed_set_and_reset(page: Api, database: str) -> None:
    with connect(database) as connection:
        connection.execute("""select publish_task_policies('{"t": {"timeout": "90 s", "priority": 5}}')""")
    wanted = {"max_attempts": 3, "expires_after_secs": 0.5, "retry": RETRY, "bad_payload": "fail"}
    assert await page.post("policies/set", task="t", reason="slow bank", timeout_secs=30, **wanted) == {"is_new": True}
    assert await page.post("policies/set", task="t", priority=-1) == {"is_new": False}
    row = (await listed(page))["t"]
    assert (row["timeout"], row["retry"], row["max_attempts"], row["priority"]) == (30, RETRY, 3, -1)
    assert (row["expires_after"], row["bad_payload"], row["reason"]) == (0.5, "fail", "slow bank")
    assert len(row["from_operator"]) == 6
    assert await page.post("policies/reset", task="t") == {"changed": True}
    assert await page.post("policies/reset", task="t") == {"changed": False}
    row = (await listed(page))["t"]
    assert (row["timeout"], row["priority"], row["retry"], row["from_operator"]) == (90, 5, None, [])


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("bad_request", {"task": "t"}),
        ("bad_request", {"task": "t", "reason": "none given"}),
        ("bad_request", {"priority": 1}),
        ("bad_request", {"task": "t", "timeout_secs": 0}),
        ("bad_request", {"task": "t", "max_attempts": 0}),
        ("bad_request", {"task": "t", "bad_payload": "explode"}),
        ("bad_request", {"task": "t", "retry": [1]}),
        ("GWBPO", {"task": "t", "retry": {"kind": "sometimes"}}),
        ("GWBID", {"task": "x" * 200, "priority": 1}),
    ],
)
async def test_a_bad_policy_is_explained(page: Api, code: str, body: dict[str, Any]) -> None:
    error = (await page.post("policies/set", 400, **body))["error"]
    assert (error["code"], bool(error["message"])) == (code, True)
    assert await listed(page) == {}


async def test_who_only_reads_sees_them_and_sets_none(client: AsyncClient, database: str) -> None:
    await client.set_task_policy("t", priority=5)
    async with api(database, read_only=True) as page:
        assert (await listed(page))["t"]["priority"] == 5
        for path, body in (("set", {"task": "t", "priority": 1}), ("reset", {"task": "t"})):
            assert (await page.post(f"policies/{path}", 403, **body))["error"]["code"] == "read_only"
    (policy,) = await client.list_task_policies()
    assert policy.priority == 5
