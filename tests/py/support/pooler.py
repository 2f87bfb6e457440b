"""A real PgBouncer in front of the server under test, in transaction mode."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import support

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def version() -> tuple[int, ...]:
    """Of the program; skips the test where there is none."""
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed")
    output = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"PgBouncer (\d+)\.(\d+)", output)
    assert found, output
    return tuple(map(int, found.groups()))


@dataclass(frozen=True)
class Pooler:
    """`url` is the way through it to the database."""

    url: str
    kill: Callable[[], object]

    def servers(self) -> int:
        """How many connections to the database it holds."""
        with psycopg.connect(re.sub(r"/[^/]*$", "/pgbouncer", self.url), autocommit=True) as connection:
            # Its console knows the simple protocol only.
            cursor = psycopg.ClientCursor(connection)
            rows = cursor.execute("show servers").fetchall()
            return len(rows)


@contextmanager
def pgbouncer(url: str, **settings: object) -> Iterator[Pooler]:
    """One in front of the database that `url` names; two connections to it serve everybody."""
    version()
    assert PROGRAM is not None
    with psycopg.connect(url) as connection:
        info = connection.info
        server = {"host": info.host, "port": info.port, "user": info.user, "password": info.password}
        name = info.dbname
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-pgbouncer-"))
    database = " ".join(f"{key}='{value}'" for key, value in server.items() if value)
    options = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "admin_users": "somebody",
        "pool_mode": "transaction",
        "default_pool_size": 2,
        "max_client_conn": 100,
        "logfile": folder / "log",
        **settings,
    }
    lines = ["[databases]", f"* = {database}", "[pgbouncer]", *(f"{key} = {value}" for key, value in options.items())]
    (folder / "pgbouncer.ini").write_text("\n".join(lines) + "\n")
    # It does not run as root.
    account = None
    if os.getuid() == 0:
        account = pwd.getpwnam("nobody").pw_uid
        os.chown(folder, account, -1)
    process = subprocess.Popen(
        [PROGRAM, "--quiet", str(folder / "pgbouncer.ini")],
        user=account,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def kill() -> None:
        process.kill()
        process.wait()

    pooler = Pooler(f"postgresql://somebody@127.0.0.1:{options['listen_port']}/{name}", kill)
    log = folder / "log"

    def answers() -> bool:
        if process.poll() is not None:
            raise AssertionError(f"pgbouncer has ended: {log.read_text() if log.exists() else ''}")
        try:
            psycopg.connect(pooler.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        support.wait_until(answers, what="pgbouncer to answer")
        yield pooler
    finally:
        kill()
        shutil.rmtree(folder, ignore_errors=True)
