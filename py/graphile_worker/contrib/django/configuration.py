"""The setting GRAPHILE_WORKER, and the address of the database that Django's own settings name."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from ..._basis.errors import InvalidArgument

_SETTING = "GRAPHILE_WORKER"
_KEYS = {"DATABASE": DEFAULT_DB_ALIAS, "SCHEMA": "graphile_worker"}


class Configuration(NamedTuple):
    """Where the queue is: the alias of a database in DATABASES, and the schema in it."""

    database: str
    schema: str


def configured() -> Configuration:
    """Returns what the setting says: `GRAPHILE_WORKER = {"DATABASE": "default", "SCHEMA": "graphile_worker"}`, both and
    the setting itself optional. Raises ImproperlyConfigured for anything else in it.
    """
    given: Any = getattr(settings, _SETTING, {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"{_SETTING} is {type(given).__name__}, and has to be a dict")
    for key, value in given.items():
        if key not in _KEYS:
            raise ImproperlyConfigured(f"{_SETTING} has no {key!r}: its keys are {' and '.join(_KEYS)}")
        if not isinstance(value, str) or not value:
            raise ImproperlyConfigured(f"{_SETTING}[{key!r}] is {value!r}, and has to be a name")
    alias = given.get("DATABASE", DEFAULT_DB_ALIAS)
    if alias not in connections.settings:
        known = ", ".join(sorted(connections.settings))
        raise ImproperlyConfigured(f"{_SETTING}['DATABASE'] is {alias!r}, and DATABASES has {known}")
    return Configuration(*({**_KEYS, **given}[key] for key in _KEYS))


def database_address(alias: str | None = None) -> str:
    """Returns the address of a database of Django's as libpq and this package take it, **with its password**: for a
    Worker, `create_app` of the admin page, or a client of your own. `alias`: by default what GRAPHILE_WORKER names.

    What stands in OPTIONS goes along as far as libpq knows it (sslmode, service, passfile ...), and `assume_role`.
    Raises InvalidArgument for an alias that there is not, and for what is no PostgreSQL.

    >>> worker = Worker(database_address(), worker_tasks())  # doctest: +SKIP
    """
    alias = configured().database if alias is None else alias
    if alias not in connections.settings:
        known = ", ".join(sorted(connections.settings))
        raise InvalidArgument(f"DATABASES has no {alias!r}", hint=f"It has {known}")
    connection = connections[alias]
    if connection.vendor != "postgresql":
        raise InvalidArgument(
            f"the Django database {alias!r} is {connection.display_name}, and the queue lives in PostgreSQL",
            hint="Name another in GRAPHILE_WORKER, or with --database",
        )
    known_to_libpq = {option.keyword.decode() for option in Conninfo.get_defaults()}
    given = {name: value for name, value in connection.get_connection_params().items() if name in known_to_libpq}
    role = connection.settings_dict["OPTIONS"].get("assume_role")
    if role is not None:
        escaped = str(role).replace("\\", "\\\\").replace(" ", "\\ ")
        given["options"] = f"{given.get('options') or ''} -c role={escaped}".strip()
    return make_conninfo(**given)
