"""A worker's statements: while the database is at work on one, the next is being made ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import generators
from psycopg.pq.abc import PGresult

from .prepared import DirectStatement as DirectStatement
from .settings import own_transaction

T = TypeVar("T")


class Rows:
    """What a statement returned, decoded when somebody looks."""

    def __init__(self, statement: DirectStatement, result: PGresult) -> None:
        self._statement = statement
        self._result = result

    def __len__(self) -> int:
        return self._result.ntuples

    def load(self, make_row: Callable[[Sequence[Any]], T], first: int = 0, end: int | None = None) -> list[T]:
        """Returns the rows from `first` on, up to `end`, which is not among them."""
        return self._statement.load(self._result, make_row, first, end)

    def has(self, row: int, column: int) -> bool:
        """Tells whether a value is not null."""
        return self._result.get_value(row, column) is not None

    def ids(self) -> list[int]:
        """Returns the first column, a bigint, and nothing else."""
        return [int.from_bytes(self._result.get_value(row, 0) or b"") for row in range(len(self))]


async def fetch_meanwhile(
    connection: psycopg.AsyncConnection[Any],
    statement: DirectStatement,
    params: Mapping[str, Any],
    meanwhile: Callable[[], Awaitable[None]],
) -> Rows:
    """Runs a statement, in a transaction of its own, and `meanwhile` while the database is at work.

    When it is cancelled, or `meanwhile` raises, the connection is closed.
    """
    values = statement.dump(params)
    async with own_transaction(connection):
        if statement.must_be_prepared():
            await connection.wait(statement.prepare())
        try:
            statement.send(values)
            # What does not go out at once does so when the answer is waited for.
            connection.pgconn.flush()
            await meanwhile()
            results = await connection.wait(generators.execute(connection.pgconn))
        except BaseException:
            # There may be an answer to come, and nobody would take it for what it is.
            connection.pgconn.finish()
            raise
        return Rows(statement, statement.result(results))
