"""What the fixtures and the tests share: databases that come and go, and waiting for something to become true."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

T = TypeVar("T")

# Several runs may share one server: every name carries the run's own prefix.
RUN = f"gwtest_{os.getpid()}_{os.urandom(3).hex()}"

_numbers = count(1)


def wait_until(condition: Callable[[], T], timeout: timedelta = timedelta(seconds=10), what: str = "") -> T:
    """Call `condition` until its result is true, and return that; AssertionError after `timeout`.

    >>> wait_until(lambda: connection.execute("select count(*) from done").fetchone()[0] == 3)
    """
    deadline = time.monotonic() + timeout.total_seconds()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} in vain{': ' + what if what else ''}; last result: {result!r}")
        time.sleep(0.01)


async def eventually(condition: Callable[[], Any]) -> Any:
    """The same for coroutines: awaits what `condition` returns if need be; a server that is away counts as not yet."""
    async with asyncio.timeout(60):
        while True:
            with suppress(psycopg.OperationalError):
                result = condition()
                if isinstance(result, Awaitable):
                    result = await result
                if result:
                    return result
            await asyncio.sleep(0.01)


def create_database(server_url: str, template: str | None = None, label: str = "db") -> str:
    """Create a database with a name of its own, a copy of `template` if given; returns the name."""
    name = f"{RUN}_{label}_{next(_numbers)}"
    statement = sql.SQL("create database {} template {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
    return name


def drop_database(server_url: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    database = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        if connection.info.server_version >= 130000:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
            return
        # Without `force` nobody may come back between the two statements that follow.
        connection.execute(sql.SQL("alter database {} allow_connections false").format(database))
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        connection.execute(sql.SQL("drop database {}").format(database))


def database_url(server_url: str, name: str) -> str:
    """The address of another database on the same server; a url when the server's was one."""
    if "://" in server_url:
        return urlsplit(server_url)._replace(path="/" + quote(name, safe="")).geturl()
    return make_conninfo(server_url, dbname=name)


def skip_below(url: str, major: int, what: str) -> None:
    """Skip the test where the server is older than `what` can work with."""
    with psycopg.connect(url) as connection:
        found = connection.info.server_version // 10000
    if found < major:
        pytest.skip(f"{what} needs PostgreSQL {major}, this is {found}")


# Where the ids of a table are after years.
LARGE_IDS = {"_private_jobs": 3_000_000_000, "_private_job_queues": 2_000_000_000, "_private_tasks": 2_100_000_000}


def first_id(table: str = "_private_jobs") -> int:
    """The id that the first row of this table gets in a new queue: 1, or with TEST_LARGE_IDS=1 the one in LARGE_IDS."""
    return LARGE_IDS[table] if _large_ids() else 1


def job_id(number: int) -> int:
    """The id of the first, second, third ... job that is added to a new queue: that of the first is `job_id(1)`."""
    return first_id() + number - 1


def job_ids(*numbers: int) -> list[int]:
    """The same for several; f"array{job_ids(1, 2)}" is an array in SQL."""
    return [job_id(number) for number in numbers]


def start_ids(url: str, schema: str = "graphile_worker") -> None:
    """With TEST_LARGE_IDS=1, has the ids of a new queue begin at LARGE_IDS instead of 1."""
    if not _large_ids():
        return
    with psycopg.connect(url, autocommit=True) as connection:
        for table, first in LARGE_IDS.items():
            statement = sql.SQL("alter table {} alter column id restart with {}")
            connection.execute(statement.format(sql.Identifier(schema, table), sql.Literal(first)))


def _large_ids() -> bool:
    return os.environ.get("TEST_LARGE_IDS", "") not in ("", "0")


def scalar(url: str, query: str) -> Any:
    """The one value that a query returns, asked in a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


def processes_mentioning(text: object) -> list[str]:
    """The command lines of all living processes that contain `text`, say the folder that they work in."""
    if Path("/proc/self/cmdline").exists():
        lines = []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # gone in the meantime
                lines.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    else:
        lines = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(text) in line]


@contextmanager
def encoded_database(server_url: str, encoding: str) -> Iterator[str]:
    """The url of an empty database in another encoding, that exists within the block."""
    name = f"{RUN}_{encoding.lower()}_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        # Other providers than libc have locales of one encoding only.
        provider = sql.SQL("locale_provider libc" if connection.info.server_version >= 150000 else "")
        create = sql.SQL("create database {} encoding {} {} lc_collate 'C' lc_ctype 'C' template template0")
        connection.execute(create.format(sql.Identifier(name), sql.Literal(encoding), provider))
    try:
        yield database_url(server_url, name)
    finally:
        drop_database(server_url, name)


@contextmanager
def temporary_database(server_url: str, template: str | None = None, label: str = "db") -> Iterator[str]:
    """The url of a database that exists within the block."""
    name = create_database(server_url, template, label)
    try:
        yield database_url(server_url, name)
    finally:
        drop_database(server_url, name)
