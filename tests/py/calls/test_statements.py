"""The statements: each can be prepared by a database that has the schema, whatever that is called."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from graphile_worker import migrate
from graphile_worker._calls import statements
from graphile_worker._calls.statements import Statements

ODD = "My %s Queue %"


@pytest.mark.parametrize("schema", ["graphile_worker", ODD])
def test_every_statement_is_good(empty_database: str, schema: str) -> None:
    migrate(empty_database, schema=schema)
    of_schema = Statements(schema)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for name in statements._STATEMENTS:
            text = of_schema[name].decode()
            # Planned, not run: named parameters become null, and %% what it stands for.
            query = re.sub(r"%\((\w+)\)s", "null", text).replace("%%", "%")
            connection.execute(sql.SQL("explain {}").format(sql.SQL(query)))  # type: ignore[arg-type]


def test_no_placeholder_is_left() -> None:
    of_schema = Statements("graphile_worker")
    for name in statements._STATEMENTS:
        assert b"@" not in of_schema[name], name


def test_there_are_no_others() -> None:
    with pytest.raises(KeyError, match="drop_everything"):
        Statements("graphile_worker")["drop_everything"]
