"""What is relied on is set for the whole session, or nothing is sent."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from graphile_worker._wire import async_pinning
from graphile_worker._wire.pinning import pin
from graphile_worker._wire.sessions import RELIED_ON, session_of
from graphile_worker._wire.settings import OURS, end_sessions
from tests.support import eventually

FOREIGN = {
    "default_transaction_isolation": "repeatable read",
    "array_nulls": "off",
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
    "standard_conforming_strings": "off",
    "statement_timeout": "7s",
    "lock_timeout": "7s",
    "idle_in_transaction_session_timeout": "7s",
}
OPTIONS = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in FOREIGN.items())


def shown(connection: psycopg.Connection[Any], names: Any) -> dict[str, str]:
    return {name: connection.execute(f"show {name}").fetchone()[0] for name in names}  # type: ignore[index]


@pytest.mark.parametrize("settings", [RELIED_ON, OURS], ids=["client", "worker"])
def test_foreign_settings_are_overruled(server_url: str, settings: dict[str, str]) -> None:
    with psycopg.connect(server_url, autocommit=True, options=OPTIONS) as connection:
        assert shown(connection, FOREIGN) == FOREIGN
        session = pin(connection, settings)
        assert (session.is_pooled, session.local) == (False, {})
        assert session_of(connection) is session
        after = shown(connection, FOREIGN)
        expected = {name: settings.get(name, value) for name, value in FOREIGN.items()}
        assert {name: value.partition(",")[0] for name, value in after.items()} == {
            name: value.partition(",")[0] for name, value in expected.items()
        }
        assert connection.info.transaction_status == TransactionStatus.IDLE


async def test_a_session_is_ended_by_who_it_is(server_url: str) -> None:
    """Not by its pid alone, which may be somebody else's by now."""
    async with (
        await psycopg.AsyncConnection.connect(server_url, autocommit=True) as one,
        await psycopg.AsyncConnection.connect(server_url, autocommit=True) as other,
    ):
        session = await async_pinning.pin(other)
        await async_pinning.pin(one)
        before = session._replace(started=session.started.replace(year=2001))
        assert await end_sessions(one, [before]) == []
        await other.execute("select 1")

        async def is_gone() -> bool:
            return await end_sessions(one, [session]) == []

        await eventually(is_gone)
        with pytest.raises(psycopg.OperationalError):
            await other.execute("select 1")
