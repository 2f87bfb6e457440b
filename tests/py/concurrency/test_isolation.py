"""Recoveries need to see what others commit meanwhile: at other levels than read committed they are refused."""

from __future__ import annotations

import psycopg
import pytest

from graphile_worker import AsyncClient, InvalidArgument

REFUSED = {
    "recover_workers": "recover_workers('{dead}', array[null::timestamptz])",
    "recover_jobs": "recover_jobs('dead', null, '{}', '{}')",
    "sweep_stale_workers": "sweep_stale_workers()",
    "watch_workers": "watch_workers()",
    "cleanup": "cleanup()",
}
LEVELS = ["REPEATABLE_READ", "SERIALIZABLE"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_remedy(shared_database: str, name: str, level: str) -> None:
    with psycopg.connect(shared_database) as connection:
        connection.isolation_level = psycopg.IsolationLevel[level]
        with pytest.raises(psycopg.Error) as error:
            connection.execute(f"select * from graphile_worker.{REFUSED[name]}")
        assert error.value.sqlstate == "GWISO"
        assert name in (error.value.diag.message_primary or "")
        assert "read committed" in (error.value.diag.message_hint or "")
        connection.rollback()
        # A look changes nothing.
        connection.execute("select * from graphile_worker.sweep_stale_workers(dry_run => true)")


@pytest.mark.parametrize("name", REFUSED)
def test_not_refused_at_read_committed(shared_database: str, name: str) -> None:
    with psycopg.connect(shared_database) as connection:
        connection.execute(f"select * from graphile_worker.{REFUSED[name]}")


async def test_a_client_on_a_serializable_connection_is_told(shared_database: str) -> None:
    async with await psycopg.AsyncConnection.connect(shared_database) as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.SERIALIZABLE)
        with pytest.raises(InvalidArgument, match="read committed"):
            await AsyncClient(connection).sweep_stale_workers()


async def test_a_client_with_connections_of_its_own_is_not(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'alter database "{name}" set default_transaction_isolation = serializable')
    async with AsyncClient(database) as client:
        assert await client.sweep_stale_workers() == []
        await client.cleanup()
