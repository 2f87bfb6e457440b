"""Addresses of databases, without what is secret in them."""

from __future__ import annotations

import pytest

from graphile_worker._cli import address as _address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://ada:s3cret@db/app", "postgresql://ada:***@db/app"),
        ("postgresql://ada:s3:cr@et@db/app", "postgresql://ada:***@db/app"),
        ("postgresql://ada@db/app", "postgresql://ada@db/app"),
        (
            "postgresql://db/app?user=ada&password=s3cret&sslmode=require",
            "postgresql://db/app?user=ada&password=***&sslmode=require",
        ),
        ("postgresql://db/app?sslpassword=s3cret", "postgresql://db/app?sslpassword=***"),
        ("host=db password=s3cret dbname=app", "host=db password=*** dbname=app"),
        (r"host=db password = 's3\' cret' dbname=app", "host=db password = *** dbname=app"),
        (r"password=s3\ cret host=db", "password=*** host=db"),
    ],
)
def test_addresses_without_their_password(address: str, shown: str) -> None:
    assert _address.without_password(address) == shown
