"""What a connection string leaves open."""

from __future__ import annotations

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CONNECT_TIMEOUT = "10"
"""Seconds."""
_DEFAULTS = {
    # Whatever the encoding of the database, text is text here.
    "client_encoding": "utf8",
    # A peer that vanished without a word is noticed within a minute; libpq's own default is hours.
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "50000",
}


def with_defaults(conninfo: str, **defaults: str) -> str:
    """Returns the connection string with our defaults for what it leaves open."""
    connect_timeout = os.environ.get("PGCONNECT_TIMEOUT") or CONNECT_TIMEOUT
    ours: dict[str, Any] = {**_DEFAULTS, "connect_timeout": connect_timeout, **defaults}
    return make_conninfo(**{**ours, **conninfo_to_dict(conninfo)})
