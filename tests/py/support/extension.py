"""A server that offers the extension, programs of PostgreSQL, and roles, for the tests of the ways to install."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from graphile_worker import Client
from graphile_worker._embedded import EmbeddedServer, EmbeddedServerError
from graphile_worker._embedded.binaries import find_binaries, local_bin_dirs
from graphile_worker._schema import sources
from tests import support

ROOT = Path(__file__).parents[3]
SCHEMAS = ["graphile_worker", "My Queue"]
MEMBERS = """
    select pg_describe_object(d.classid, d.objid, 0)
    from pg_depend as d inner join pg_extension as e on d.refobjid = e.oid
    where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'graphile_worker'
    order by 1
"""


def builder() -> ModuleType:
    """extension/build.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("extension_build", ROOT / "extension/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def extension_server(server_url: str, files: Mapping[str, str] | None = None) -> Iterator[str]:
    """The url of a server that offers the extension as the tree has it now.

    The server under test, where `make -C extension install` was run for it; else an embedded one of its own, which
    finds the extension in a folder (from PostgreSQL 18 on). `files` are put into that folder instead of those of the
    tree: only with an embedded one.
    """
    if files is None and (os.environ.get("TEST_DATABASE_URL") or os.environ.get("TEST_SERVER_BIN")):
        reason = _not_offered(server_url)
        if reason:
            pytest.skip(f"{reason}: make -C extension install PG_CONFIG=...")
        yield server_url
        return
    try:
        binaries = find_binaries()
    except EmbeddedServerError as error:
        pytest.skip(str(error))
    if binaries.major < 18:
        pytest.skip(f"PostgreSQL {binaries.major} looks for extensions in its own folder only")
    build = builder()
    # Not tmp_path: root's is closed to the account that runs the server.
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-extension-"))
    server = EmbeddedServer(
        folder / "data", settings={"fsync": "off", "extension_control_path": f"{folder}/share:$system"}
    )
    try:
        folder.chmod(0o755)
        put_files(folder / "share/extension", files or build.Release.read().files(binaries.major))
        yield server.start().url
    finally:
        server.stop("immediate")
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def put_files(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def _not_offered(server_url: str) -> str | None:
    with psycopg.connect(server_url) as connection:
        offered = "select from pg_available_extensions where name = 'graphile_worker'"
        if not connection.execute(offered).rowcount:
            return "the server does not offer the extension"
        connection.execute("create schema gwtest_offered")
        connection.execute("create extension graphile_worker schema gwtest_offered")
        row = connection.execute("select checksum from gwtest_offered._private_bundle").fetchone()
        connection.rollback()
    return (
        None if row == (sources.bundle_checksum(),) else "the server offers the extension as it was before sql/ changed"
    )


@contextmanager
def plain_role(server_url: str) -> Iterator[str]:
    """A role that can log in and nothing else; gone after the block, with what it owns in databases dropped before."""
    name = f"{support.RUN}_{os.urandom(3).hex()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("create role {} login password 'secret'").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            pytest.skip("the role of TEST_DATABASE_URL may not create roles")
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def as_role(url: str, role: str) -> str:
    """The address of the same database for a plain role."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{role}:secret@{parts.netloc.rpartition('@')[2]}").geturl()


def grant(url: str, template: str, *names: str) -> None:
    """Execute a statement with identifiers for its {}."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(template).format(*map(sql.Identifier, names)))


def program(name: str, major: int | None = None) -> Path:
    """A client program, of a major version where that matters."""
    candidates = list(local_bin_dirs())
    with suppress(EmbeddedServerError):
        candidates.insert(0, find_binaries().bin_dir)
    if found := shutil.which(name):
        candidates.append(Path(found).parent)
    for path in (folder / name for folder in candidates):
        if path.exists():
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
            if major in (None, int(version.split()[2].split(".")[0])):
                return path
    pytest.skip(f"no {name}{f' of PostgreSQL {major}' if major else ''} here")


def pg_dump(url: str) -> str:
    """The database as a script. A newer pg_dump would write what an older server cannot read."""
    with psycopg.connect(url) as connection:
        major = connection.info.server_version // 10000
    command = [program("pg_dump", major), "--dbname", url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def run_psql(url: str, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """psql without anybody's settings, stopping at the first error."""
    command = [program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *args, url]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def rows(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


@dataclass
class Plain:
    """A database in which a plain role owns one schema and nothing else, and another one owns nothing at all."""

    server: str
    superuser_url: str
    role: str
    app: str
    schema: str

    @property
    def url(self) -> str:
        return as_role(self.superuser_url, self.role)

    def create_extension(self, version: str | None = None) -> None:
        options = f" version '{version}'" if version else ""
        grant(self.url, "create extension graphile_worker schema {}" + options, self.schema)

    def state(self, url: str | None = None) -> dict[str, list[tuple]]:
        """Every row of every table; when the install ran is not part of it."""
        state = {}
        tables = (
            f"select tablename from pg_tables where schemaname = '{self.schema}' and tablename like '\\_private\\_%'"
        )
        for (table,) in rows(url or self.url, tables):
            found = rows(url or self.url, f'select * from "{self.schema}".{table} order by 1')
            state[table.removeprefix("_private_")] = found
        state["migrations"] = [row[:2] for row in state["migrations"]]
        state["bundle"] = [row[:3] for row in state["bundle"]]
        state["shared ledger"] = rows(
            url or self.url, f'select id, breaking from "{self.schema}".migrations order by 1'
        )
        return state

    def next_ids(self, url: str | None = None) -> list[int]:
        """The ids of a job, a task and a queue that are new."""
        with Client(url or self.url, schema=self.schema) as client:
            job = client.add_job("a new task", queue_name="a new queue")
        found = rows(
            url or self.url,
            f'select t.id, q.id from "{self.schema}"._private_tasks as t, "{self.schema}"._private_job_queues as q '
            "where t.identifier = 'a new task' and q.queue_name = 'a new queue'",
        )
        return [job.id, *found[0]]
