"""Names of schemas: quoted whatever they are, and refused where PostgreSQL would refuse or cut them."""

from __future__ import annotations

import psycopg
import pytest

from graphile_worker import InvalidArgument
from graphile_worker._basis.schema_name import quote_schema

GOOD = ["graphile_worker", "My Queue", "select", "a.b", "ä" * 31, "x" * 63, "PG_", "percent %s", "-- ;"]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_the_same_in_the_database(empty_database: str, name: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute(f"create schema {quote_schema(name)}".encode())
        found = connection.execute("select exists (select from pg_namespace where nspname = %s)", [name]).fetchone()
    assert found == (True,)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "is empty"),
        ('a"b', "it has '\"'"),
        ("a'b$\\", r"""it has '\$' "'" '\\\\'"""),
        ("a\0b", r"it has '\\x00'"),
        ("x" * 64, "64 bytes"),
        ("ä" * 32, "64 bytes"),
        ("pg_mine", "reserved"),
        ("\udcff", "not text"),
    ],
)
def test_a_bad_name_is_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        quote_schema(name)
