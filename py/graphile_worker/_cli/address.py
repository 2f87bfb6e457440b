"""Addresses of databases: checked before connecting, and shown without passwords."""

from __future__ import annotations

import os
import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from .failure import Usage

NAMED_BY_LIBPQ = "postgresql://"
"""The address of what libpq's own variables name."""
_NAMING = ("PGHOST", "PGSERVICE", "PGDATABASE")
FORM = "The form is postgresql://user:password@host:5432/database"
_ENCODE = "In a user name or password, / is written %2F, @ is %40, # is %23, ? is %3F, % is %25"


def naming_variables() -> list[str]:
    """Returns those of libpq's variables that are set and name a database, or part of it."""
    return [name for name in _NAMING if os.environ.get(name)]


def from_variables() -> dict[str, str]:
    """Returns the parameters of the database that libpq's variables name, a service with all that its file says."""
    names = ("host", "hostaddr", "port", "dbname", "user")
    found = {option.keyword.decode(): option.val for option in psycopg.pq.Conninfo.get_defaults()}
    params = {name: value.decode(errors="replace") for name in names if (value := found.get(name))}
    # As libpq does when it connects.
    return {"dbname": params["user"], **params} if "user" in params else params


def for_libpq(url: str) -> str:
    """Returns the address as libpq takes it, which does not know all that other programs do.

    >>> for_libpq(" pg://db1/app")
    'postgresql://db1/app'
    """
    return re.sub(r"^pg://", "postgresql://", url.strip())


def parse(url: str, source: str) -> dict[str, str]:
    """Returns the parameters of an address. Raises Usage, which never quotes what might be part of a password."""
    scheme = re.match(r"\s*([A-Za-z][\w.+-]*)://", url)
    if scheme and scheme[1] not in ("postgresql", "postgres"):
        raise Usage(f"the address in {source} begins with {scheme[1]}://", hint=FORM)
    if not scheme and "=" not in url:
        # `-c 4`, as other queues say how many jobs run at a time.
        also = f". How many jobs run at a time is --concurrency {url}" if re.fullmatch(r"\d{1,3}", url) else ""
        raise Usage(f"what {source} gives is no address of a database", hint=FORM + also)
    try:
        given = conninfo_to_dict(url.strip())
    except psycopg.ProgrammingError as error:
        # libpq quotes the place it stumbled over, which may be in the password.
        reason = str(error).strip()
        if not reason.startswith("invalid URI query parameter"):
            reason = re.sub(r'"[^"]*"', lambda quoted: quoted[0] if quoted[0] == '"="' else "...", reason)
        raise Usage(f"the address in {source} can't be read: {reason}", hint=f"{FORM}. {_ENCODE}") from None
    params = {name: str(value) for name, value in given.items() if value is not None}
    # An @ or / that stands in a password as it is moves the rest of it into the host, port or database name.
    if "@" in params.get("host", "") + params.get("dbname", "") or not re.fullmatch(r"[\d,]*", params.get("port", "")):
        raise Usage(f"the address in {source} can't be right: its host, port or database looks odd", hint=_ENCODE)
    return params


def describe(params: dict[str, str]) -> str:
    """Returns in short form which database an address means.

    >>> describe({"host": "db1", "port": "5433", "dbname": "app", "user": "ada", "password": "x"})
    'db1:5433/app'
    """
    hosts = (params.get("host") or params.get("hostaddr") or "the default host").split(",")
    ports = params.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    where = ",".join(f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False))
    return f"{where}/{params['dbname']}" if "dbname" in params else where


def without_password(url: str) -> str:
    """Returns the address as it was given, but with *** in the place of a password.

    >>> without_password("postgresql://ada:secret@db1/app?password=too")
    'postgresql://ada:***@db1/app?password=***'
    """
    url = re.sub(r"(?<=://)([^:/?#]*):.*@", r"\1:***@", url)
    url = re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", url)
    return re.sub(r"(\b(?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*'|(?:[^\s\\&]|\\.)+)", r"\1***", url)
