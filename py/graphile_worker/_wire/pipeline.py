"""Statements that are sent again and again, past psycopg's cursor: what that does anew for each takes a tenth of the
time of adding a job, and the database waits while a worker's next call is being made ready.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

import psycopg
from psycopg import abc, errors, generators
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from .client_adapters import CLIENT, Adaptation
from .settings import local_statements

_PLACEHOLDER = re.compile(rb"%\((\w+)\)s|%%")
_PREPARED_FROM = 5
"""Calls; as psycopg has it: to prepare is a round trip of its own."""

T = TypeVar("T")


class Rows:
    """What a statement returned, decoded when somebody looks."""

    def __init__(self, result: PGresult, transformer: abc.Transformer) -> None:
        self._result = result
        self._transformer = transformer

    def __len__(self) -> int:
        return self._result.ntuples

    def load(self, make_row: Callable[[Sequence[Any]], T], first: int = 0) -> list[T]:
        """Returns the rows from `first` on."""
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(first, len(self), make_row)

    def ids(self) -> list[int]:
        """Returns the first column, a bigint, and nothing else."""
        return [int.from_bytes(self._result.get_value(row, 0) or b"") for row in range(len(self))]


class DirectStatement:
    """One statement on one connection, prepared where that is allowed and pays.

    Its placeholders are named, and each is there once, with a cast: values go as text, without their types.
    """

    def __init__(
        self,
        connection: psycopg.BaseConnection[Any],
        statement: bytes,
        adapters: AdaptersMap = CLIENT,
        *,
        prepare: bool,
    ) -> None:
        self._connection = connection
        # Behind a pooler that mixes up the statements of its clients, the same name must not mean another one.
        self._name = b"graphile_worker_" + sha256(statement).hexdigest()[:16].encode()
        self._transformer = Transformer.from_context(Adaptation(adapters, connection))
        self._params = [name.decode() for name in _PLACEHOLDER.findall(statement) if name]
        self._formats = [PyFormat.TEXT] * len(self._params)
        numbers = itertools.count(1)
        self._statement = _PLACEHOLDER.sub(lambda match: b"$%d" % next(numbers) if match[1] else b"%", statement)
        self.may_prepare = prepare
        self._is_prepared = False
        self._calls = 0

    def fetch(self, params: Mapping[str, Any]) -> PQGen[list[tuple[Any, ...]]]:
        """Fetches the rows, as a generator for `connection.wait`."""
        pgconn = self._connection.pgconn
        values = self.dump(params)
        self._calls += 1
        if self._calls >= _PREPARED_FROM and self.send_preparation():
            self.prepared(*(yield from generators.execute(pgconn)))
        self.send(values)
        (result,) = yield from generators.execute(pgconn)
        return self.returned(result).load(tuple)

    def dump(self, params: Mapping[str, Any]) -> Sequence[Buffer | None]:
        """Returns the values as they are sent."""
        return self._transformer.dump_sequence([params[name] for name in self._params], self._formats)

    def send(self, values: Sequence[Buffer | None]) -> None:
        """Sends the statement with its values."""
        pgconn = self._connection.pgconn
        if self._is_prepared:
            pgconn.send_query_prepared(self._name, values, result_format=Format.BINARY)
        else:
            pgconn.send_query_params(self._statement, values, result_format=Format.BINARY)

    def send_preparation(self) -> bool:
        """Sends the preparation, unless done already or not wanted. Returns whether there will be an answer."""
        if self.may_prepare and not self._is_prepared:
            self._connection.pgconn.send_prepare(self._name, self._statement)
            return True
        return False

    def prepared(self, result: PGresult) -> None:
        """Takes in the answer to the preparation. Raises the error that it reports."""
        self._check(result, ExecStatus.COMMAND_OK)
        self._is_prepared = True

    def returned(self, result: PGresult) -> Rows:
        """Returns the rows of the answer to the statement. Raises the error that it reports."""
        self._check(result, ExecStatus.TUPLES_OK)
        return Rows(result, self._transformer)

    def _check(self, result: PGresult, expected: ExecStatus) -> None:
        if result.status != expected:
            raise errors.error_from_result(result, encoding=self._connection.info.encoding)


async def run_together(
    connection: psycopg.AsyncConnection[Any],
    calls: Sequence[tuple[DirectStatement, Mapping[str, Any]]],
    meanwhile: Callable[[], Awaitable[None]],
) -> list[Rows]:
    """Runs statements in one round trip and, on a connection in autocommit mode, in one transaction.

    `meanwhile` is what to do while the database is at work. Raises what the first statement that failed says, or the
    commit. When it is cancelled, or `meanwhile` raises, the connection is closed.
    """
    pgconn = connection.pgconn
    sent = [(statement, statement.dump(params)) for statement, params in calls]
    pgconn.enter_pipeline_mode()
    try:
        statements = dict.fromkeys(statement for statement, _ in calls)
        answers: list[Callable[[PGresult], Rows | None]] = []
        for setting in local_statements(connection):
            pgconn.send_query_params(setting, None)
            answers.append(partial(_was_set, connection))
        answers += [each.prepared for each in statements if each.send_preparation()]
        for statement, values in sent:
            statement.send(values)
            answers.append(statement.returned)
        pgconn.pipeline_sync()
        # What does not go out at once does so when the answer is waited for.
        pgconn.flush()
        await meanwhile()
        results = await connection.wait(_receive(pgconn))
    except BaseException:
        # There may be answers to come, and nobody would take them for what they are.
        pgconn.finish()
        raise
    if pgconn.status == ConnStatus.OK:
        pgconn.exit_pipeline_mode()
    rows = [answer(result) for answer, result in zip(answers, results, strict=False)]
    for result in results[len(answers) :]:
        # A deferred constraint, for example: the statements were fine, to commit them was not.
        raise errors.error_from_result(result, encoding=connection.info.encoding)
    return [each for each in rows if each is not None]


def _was_set(connection: psycopg.BaseConnection[Any], result: PGresult) -> None:
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise errors.error_from_result(result, encoding=connection.info.encoding)


def _receive(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Receives the results of a pipeline up to its end."""
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    try:
        while batch := (yield from generators.fetch_many(pgconn)):
            if batch[0].status == ExecStatus.PIPELINE_SYNC:
                return results
            results += batch
    except psycopg.OperationalError:
        # A server that ends the connection says why first.
        if not any(result.status == ExecStatus.FATAL_ERROR for result in results):
            raise
        return results
    # libpq has given up on what it read.
    pgconn.finish()
    raise psycopg.OperationalError("the connection was lost: the answer makes no sense")
