"""Crontabs on the admin page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from graphile_worker import AsyncClient
from tests.py.support.admin import api


@pytest.fixture
async def client(shared_database: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(shared_database) as opened:
        yield opened


async def test_crontabs_are_shown_with_their_next_ticks(shared_database: str, client: AsyncClient) -> None:
    await client.register_crontabs(["nightly", "forgotten"])
    crontab = "0 3 * * * nightly ?fill=1h {kind: 'full'}\n*/5 * * * * never_seen"
    async with api(shared_database, crontab=crontab) as page:
        answer = await page.get("crontabs")
    found = {entry["identifier"]: entry for entry in answer["crontabs"]}
    assert answer["crontab_given"]
    assert {name: entry["installed"] for name, entry in found.items()} == {
        "forgotten": False,
        "never_seen": True,
        "nightly": True,
    }
    assert (found["nightly"]["schedule"], found["nightly"]["tz"]) == ("0 3 * * *", "UTC")
    ticks = [datetime.fromisoformat(tick) for tick in found["nightly"]["next_ticks"]]
    assert [tick.hour for tick in ticks] == [3] * 5
    assert ticks[1] - ticks[0] == timedelta(days=1)
    assert ticks[0] > datetime.fromisoformat(answer["now"])
    assert found["nightly"]["known_since"] is not None
    assert (found["forgotten"]["next_ticks"], found["forgotten"]["schedule"]) == ([], None)
    assert found["never_seen"]["known_since"] is None
