"""What the driver relies on, whatever a role and a database have as their defaults.

On a connection to the server itself it is set once, when the connection is opened: one round trip, which also finds out
whether a connection pooler lies in between. Behind one, a setting would stay with a session that serves others a moment
later: there each transaction says it for itself, and only what is not as it should be.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg

RELIED_ON = {
    # The functions look again once they hold a row, which has to show what others did meanwhile.
    "default_transaction_isolation": "read committed",
    "array_nulls": "on",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "standard_conforming_strings": "on",
}

# The styles have a second part, which is for what people write.
PIN = b"""
    select
      pg_catalog.pg_backend_pid(),
      (select a.backend_start from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a),
      array(
        select s.name
        from unnest(%(names)s::text[], %(settings)s::text[]) as s (name, setting)
        where
          pg_catalog.current_setting(s.name, true) not like s.setting || '%%'
          and (
            pg_catalog.pg_backend_pid() <> %(pid)s::integer
            or pg_catalog.set_config(s.name, s.setting, false) is not null
          )
      )"""
SET_LOCAL = b"""
    select pg_catalog.set_config(s.name, s.setting, true)
    from unnest(%(names)s::text[], %(settings)s::text[]) as s (name, setting)"""


class Session(NamedTuple):
    """What is known of a connection since it was opened. `pid` and `started` say which session of the server it is, not
    behind a pooler; `local` are the settings that each transaction has to make."""

    pid: int
    started: Any
    is_pooled: bool
    local: dict[str, str]


_SESSIONS: WeakKeyDictionary[psycopg.BaseConnection[Any], Session] = WeakKeyDictionary()


def session_of(connection: psycopg.BaseConnection[Any]) -> Session | None:
    """Returns what `pin` found out; None for a connection that it never saw."""
    return _SESSIONS.get(connection)


def local_settings(connection: psycopg.BaseConnection[Any]) -> dict[str, str]:
    """Returns the settings that each transaction on a connection has to make."""
    session = _SESSIONS.get(connection)
    return session.local if session is not None else {}


def params(settings: dict[str, str]) -> dict[str, Any]:
    """Returns the parameters of SET_LOCAL, and of PIN but the pid."""
    return {"names": list(settings), "settings": list(settings.values())}


def note(connection: psycopg.BaseConnection[Any], settings: dict[str, str], row: Any) -> Session:
    """Remembers what PIN has found out."""
    pid, started, differing = row
    is_pooled = pid != connection.info.backend_pid
    local = {name: settings[name] for name in differing} if is_pooled else {}
    session = _SESSIONS[connection] = Session(pid, started, is_pooled, local)
    return session
