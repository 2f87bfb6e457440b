"""Limits on the admin page: listed, set and taken back; what only reads may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphile_worker import AsyncClient
from tests.py.support.admin import Api, api
from tests.py.support.sessions import connect


@pytest.fixture
async def page(database: str) -> AsyncIterator[Api]:
    async with api(database) as opened:
        yield opened


@pytest.fixture
async def client(database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(database) as opened:
        yield opened


async def listed(page: Api, **query: Any) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in (await page.get("limits", **query))["limits"]}


async def test_limits_are_listed_set_and_taken_back(page: Api, database: str) -> None:
    with connect(database) as connection:
        connection.execute("""select publish_limits('{"t": {"max_running": 4}}', '{"q*": {"width": 2}}')""")
    task = {"kind": "task", "name": "t"}
    wanted = {"rate": 1.5, "per_secs": 60, "burst": 7, "weight_by": "cost"}
    assert await page.post("limits/set", **task, **wanted, reason="as agreed") == {"is_new": True}
    assert await page.post("limits/set", **task, max_running=3) == {"is_new": False}
    queue = {"kind": "queue", "name": "q*"}
    assert await page.post("limits/set", **queue, max_running=5, share=3) == {"is_new": True}
    rows = await listed(page)
    assert {name: rows["t"][name] for name in ("max_running", "rate", "per", "burst", "weight_by", "reason")} == {
        "max_running": 3,
        "rate": 1.5,
        "per": 60,
        "burst": 7,
        "weight_by": "cost",
        "reason": "as agreed",
    }
    assert (rows["q*"]["kind"], rows["q*"]["max_running"], rows["q*"]["share"]) == ("pattern", 5, 3)
    for limited in (task, queue):
        assert await page.post("limits/unlimit", **limited) == {"changed": True}
        assert await page.post("limits/unlimit", **limited) == {"changed": False}
    rows = await listed(page)
    assert [(rows[name]["max_running"], rows[name]["from_operator"]) for name in ("t", "q*")] == [(4, []), (2, [])]
    for limited in (task, queue):
        assert await page.post("limits/set", **limited, unlimited=True) == {"is_new": True}
    assert (await listed(page))["t"]["from_operator"] == ["unlimited"]


async def test_limits_are_listed_in_pages(page: Api, client: AsyncClient) -> None:
    for name in ("a", "b"):
        await client.limit_task(name, max_running=1)
    first = await page.get("limits", limit=1)
    assert ([row["name"] for row in first["limits"]], first["next"]) == (["a"], {"kind": "task", "name": "a"})
    assert list(await listed(page, limit=2, after_kind="task", after_name="a")) == ["b"]


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("bad_request", {}),
        ("bad_request", {"reason": "none given"}),
        ("bad_request", {"max_running": 0}),
        ("bad_request", {"max_running": 1, "unlimited": True}),
        ("bad_request", {"share": 2}),
        ("bad_request", {"rate": 0}),
        ("bad_request", {"kind": "pattern", "max_running": 1}),
        ("GWBRT", {"burst": 3}),
        ("GWBWD", {"max_running": 2_000_000}),
        ("GWBPT", {"kind": "queue", "name": "a*b", "max_running": 1}),
        ("GWBID", {"name": "x" * 200, "max_running": 1}),
    ],
)
async def test_a_bad_limit_is_explained(page: Api, code: str, body: dict[str, Any]) -> None:
    error = (await page.post("limits/set", 400, **{"kind": "task", "name": "t", **body}))["error"]
    assert (error["code"], bool(error["message"])) == (code, True)
    assert "=>" not in (error["hint"] or "")
    assert await listed(page) == {}


async def test_who_only_reads_sees_them_and_sets_none(client: AsyncClient, database: str) -> None:
    await client.limit_task("t", max_running=5)
    async with api(database, read_only=True) as page:
        assert (await listed(page))["t"]["max_running"] == 5
        for path, more in (("set", {"max_running": 1}), ("unlimit", {})):
            body = {"kind": "task", "name": "t", **more}
            assert (await page.post(f"limits/{path}", 403, **body))["error"]["code"] == "read_only"
    (limit,) = await client.list_limits()
    assert limit.max_running == 5
