"""What a connection string leaves open."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from graphile_worker._wire.conninfo import with_defaults


def test_defaults_leave_what_is_given() -> None:
    found = conninfo_to_dict(
        with_defaults("postgresql://db/app?keepalives_idle=7&connect_timeout=1", application_name="a")
    )
    assert found == {
        "host": "db",
        "dbname": "app",
        "keepalives_idle": "7",
        "keepalives_interval": "10",
        "keepalives_count": "3",
        "tcp_user_timeout": "50000",
        "client_encoding": "utf8",
        "connect_timeout": "1",
        "application_name": "a",
    }


def test_the_environment_says_how_long_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert conninfo_to_dict(with_defaults(""))["connect_timeout"] == "3"
    assert conninfo_to_dict(with_defaults("connect_timeout=4"))["connect_timeout"] == "4"
