"""A throw-away PostgreSQL with settings as in production: durable, autovacuum on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from graphile_worker._embedded import EmbeddedServer
from graphile_worker._embedded.binaries import find_binaries

SETTINGS = {
    "shared_buffers": "1GB",
    "max_connections": "300",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
}
_PREFERRED = Path("/usr/lib/postgresql/15/bin")
"""Debian's PostgreSQL 15, when it is there: the version that published figures come from."""
_DATABASE = "bench"


@dataclass(frozen=True)
class Server:
    """The server under the benchmark, and the folder of its programs."""

    url: str
    bin_dir: Path
    version: str

    def fresh_database(self, name: str = _DATABASE) -> str:
        """Makes a new, empty database and returns its url; one that had the name is dropped."""
        self.drop_database(name)
        with self._connect() as connection:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
            # What came before shall not be written out during the measurement.
            connection.execute("checkpoint")
        # As a url: not every driver takes key=value pairs.
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def drop_database(self, name: str = _DATABASE) -> None:
        """Drops a database, whoever is connected."""
        with self._connect() as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def postmaster_pid(self) -> int | None:
        """Returns the process whose children are the server's; None where it cannot be read."""
        with self._connect() as connection:
            row = connection.execute("show data_directory").fetchone()
        assert row is not None
        try:
            return int(Path(row[0], "postmaster.pid").read_text().splitlines()[0])
        except OSError:
            return None

    def program(self, name: str) -> Path | None:
        """Returns one of PostgreSQL's programs, None when this installation lacks it."""
        path = self.bin_dir / name
        return path if path.exists() else None

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)


@contextmanager
def throwaway_server() -> Iterator[Server]:
    """Yields a server that is gone after the block.

    PGBIN names the folder of its programs (default: Debian's PostgreSQL 15, else the embedded one), TMPDIR the place
    of its data: it should be a disk, as figures of a memory file system say nothing about commits.
    """
    named = os.environ.get("PGBIN") or (_PREFERRED if (_PREFERRED / "postgres").exists() else None)
    # Absolute, as its programs are run from other folders, too.
    binaries = find_binaries(Path(named).absolute() if named else None)
    embedded = EmbeddedServer(
        tempfile.mkdtemp(prefix="graphile-worker-bench-"),
        bin_dir=binaries.bin_dir,
        settings=SETTINGS,
        timeout=timedelta(minutes=5),
    )
    try:
        with embedded:
            yield Server(embedded.url, binaries.bin_dir, binaries.version)
    finally:
        embedded.remove()
