"""Statements that are sent again and again, past psycopg's cursor: what that does anew for each takes a tenth of the
time of adding a job.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeVar

import psycopg
from psycopg import errors, generators
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from .client_adapters import CLIENT, Adaptation

_PLACEHOLDER = re.compile(rb"%\((\w+)\)s|%%")
_PREPARED_FROM = 5
"""Calls; as psycopg has it: to prepare is a round trip of its own."""

T = TypeVar("T")


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
        if self.must_be_prepared():
            yield from self.prepare()
        self.send(values)
        return self.load(self.result((yield from generators.execute(pgconn))), tuple)

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

    def must_be_prepared(self) -> bool:
        """Counts a call, and tells whether the statement is to be prepared before it."""
        self._calls += 1
        return self.may_prepare and not self._is_prepared and self._calls >= _PREPARED_FROM

    def prepare(self) -> PQGen[None]:
        """Prepares the statement, as a generator for `connection.wait`."""
        self._connection.pgconn.send_prepare(self._name, self._statement)
        (result,) = yield from generators.execute(self._connection.pgconn)
        self._check(result, ExecStatus.COMMAND_OK)
        self._is_prepared = True

    def result(self, results: Sequence[PGresult]) -> PGresult:
        """Returns the answer to the statement. Raises the error that it reports."""
        # Two where the statement was fine, and to commit it was not: a deferred constraint, for example.
        self._check(results[-1], ExecStatus.TUPLES_OK)
        return results[-1]

    def load(
        self, result: PGresult, make_row: Callable[[Sequence[Any]], T], first: int = 0, end: int | None = None
    ) -> list[T]:
        """Decodes the rows from `first` on, up to `end`, which is not among them."""
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(first, result.ntuples if end is None else end, make_row)

    def _check(self, result: PGresult, expected: ExecStatus) -> None:
        if result.status != expected:
            raise errors.error_from_result(result, encoding=self._connection.info.encoding)
