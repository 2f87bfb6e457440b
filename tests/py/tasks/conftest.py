"""A table to write to in handlers, and where these run."""

from __future__ import annotations

import psycopg
import pytest


@pytest.fixture
async def table(database: str) -> str:
    """The url of a database with a table to write to, by hand."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute("create table written (job_id bigint)")
    return database


@pytest.fixture(params=["loop", "thread"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)
