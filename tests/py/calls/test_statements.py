"""The statements: each can be prepared by a database that has the schema, whatever that is called."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from graphile_worker import migrate
from graphile_worker._calls.statements import Statements
from graphile_worker._calls.worker_statements import WorkerStatements

ODD = "My %s Queue %"
BOTH = pytest.mark.parametrize("cls", [Statements, WorkerStatements])


@BOTH
@pytest.mark.parametrize("schema", ["graphile_worker", ODD])
def test_every_statement_is_good(empty_database: str, schema: str, cls: type[Statements]) -> None:
    migrate(empty_database, schema=schema)
    of_schema = cls(schema)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for name in cls.texts:
            text = of_schema[name].decode()
            # Planned, not run: named parameters become null, and %% what it stands for.
            query = re.sub(r"%\((\w+)\)s", "null", text).replace("%%", "%")
            connection.execute(sql.SQL("explain {}").format(sql.SQL(query)))  # type: ignore[arg-type]


@BOTH
def test_no_placeholder_is_left(cls: type[Statements]) -> None:
    of_schema = cls("graphile_worker")
    for name in cls.texts:
        assert b"@" not in of_schema[name], name


@BOTH
def test_there_are_no_others(cls: type[Statements]) -> None:
    with pytest.raises(KeyError, match="drop_everything"):
        cls("graphile_worker")["drop_everything"]
