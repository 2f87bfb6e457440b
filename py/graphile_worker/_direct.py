"""Statements that are sent again and again, past psycopg's cursor: what that does anew for each takes a tenth of the
time of adding a job.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import errors, generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

_PLACEHOLDER = re.compile(rb"%\((\w+)\)s|%%")
_PREPARED_FROM = 5
"""Calls; as psycopg has it: to prepare is a round trip of its own."""


class DirectStatement:
    """One statement on one connection, prepared where that is allowed and pays.

    Its placeholders are named, and each is there once, with a cast: values go as text, without their types.
    """

    def __init__(self, connection: psycopg.BaseConnection[Any], statement: bytes, *, prepare: bool) -> None:
        self._connection = connection
        # Behind a pooler that mixes up the statements of its clients, the same name must not mean another one.
        self._name = b"graphile_worker_" + sha256(statement).hexdigest()[:16].encode()
        self._transformer = Transformer.from_context(connection)
        self._params = [name.decode() for name in _PLACEHOLDER.findall(statement) if name]
        self._formats = [PyFormat.TEXT] * len(self._params)
        numbers = itertools.count(1)
        self._statement = _PLACEHOLDER.sub(lambda match: b"$%d" % next(numbers) if match[1] else b"%", statement)
        self._may_prepare = prepare
        self._is_prepared = False
        self._calls = 0

    def fetch(self, params: Mapping[str, Any]) -> PQGen[list[tuple[Any, ...]]]:
        """The rows, as a generator for `connection.wait`."""
        pgconn = self._connection.pgconn
        values = self._transformer.dump_sequence([params[name] for name in self._params], self._formats)
        self._calls += 1
        if self._may_prepare and not self._is_prepared and self._calls >= _PREPARED_FROM:
            pgconn.send_prepare(self._name, self._statement)
            (result,) = yield from generators.execute(pgconn)
            if result.status != ExecStatus.COMMAND_OK:
                raise self._error(result)
            self._is_prepared = True
        if self._is_prepared:
            pgconn.send_query_prepared(self._name, values, result_format=Format.BINARY)
        else:
            pgconn.send_query_params(self._statement, values, result_format=Format.BINARY)
        (result,) = yield from generators.execute(pgconn)
        if result.status != ExecStatus.TUPLES_OK:
            raise self._error(result)
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _error(self, result: PGresult) -> psycopg.Error:
        return errors.error_from_result(result, encoding=self._connection.info.encoding)
