"""The cluster inside the data folder: where it lies, how it is created, started and asked for its address."""

from __future__ import annotations

import logging
import os
import random
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from . import control as _control
from .account import Account
from .binaries import Binaries
from .errors import EmbeddedServerError

logger = logging.getLogger("graphile_worker.embedded")

USER = "postgres"
HOST = "127.0.0.1"

# Where root's clusters lie when the account that runs the server cannot reach the folder it was told.
RELOCATED = Path("/var/lib/graphile-worker")

# Below the range from which systems take the local ports of outgoing connections: a port in there may be taken while
# the server is down, and a client that tries to reconnect over loopback can even end up connected to itself.
_PORTS = range(15_000, 32_000)

# A path of a unix socket holds 104 bytes on macOS and 108 on Linux; this is what the name of the socket takes of it.
_SOCKET_PATH_LIMIT = 103 - len("/.s.PGSQL.00000")


class Cluster:
    """A PostgreSQL cluster in a folder. Its methods do not lock: the caller holds start.lock."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder = folder
        self.account = account
        self.pgdata = folder / "pgdata"
        self.log_path = self.pgdata / "server.log"

    @property
    def major(self) -> int | None:
        """The major version that made the data, None before that."""
        try:
            return int((self.pgdata / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def prepare_folder(self) -> None:
        """Create the folder and make it passable for the account that runs the server."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.account.switch and not self.account.can_reach(self.folder):
                # The group may pass through, and only that: the files in it have modes of their own.
                os.chown(self.folder, -1, self.account.gid)
                self.folder.chmod(self.folder.stat().st_mode | 0o010)
            owner = self.pgdata.stat().st_uid if self.pgdata.exists() else self.account.uid
        except OSError as error:
            raise EmbeddedServerError(f"cannot use the data folder {self.folder}: {error}") from error
        if owner != self.account.uid:
            raise EmbeddedServerError(
                f"the data in {self.folder} belongs to uid {owner}, but the server would run as {self.account.name}",
                hint="Name another folder, or be the user who created this one",
            )

    def create(self, binaries: Binaries, *, durable: bool) -> None:
        """Run initdb. The cluster appears complete or not at all; a half-made one of a killed process is replaced."""
        place = self._place()
        building = place.with_name("pgdata.new")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700, parents=True)
        self.account.own(building)
        # Superuser and password instead of trust: others who log in to this machine reach the loopback address, too.
        password = secrets.token_hex(16)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, prefix=".password-") as password_file:
            password_file.write(password)
            password_file.flush()
            self.account.own(Path(password_file.name))
            command: list[str | Path] = [
                binaries.bin_dir / "initdb",
                f"--pgdata={building}",
                f"--username={USER}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
            ]
            if binaries.major >= 17:
                # The order of bytes as in C, but upper and lower know all of Unicode.
                command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if not durable:
                command.append("--no-sync")
            result = self.account.run(command)
        if result.returncode != 0:
            raise EmbeddedServerError(f"initdb failed in {building}:\n{result.stdout.strip()}")
        _write_private(building / "password", password, self.account)
        building.rename(place)
        if place != self.pgdata:
            self.pgdata.symlink_to(place)

    def _place(self) -> Path:
        """Choose where the cluster goes: into the folder, unless the server's account cannot get there."""
        if self.account.can_reach(self.folder):
            return self.pgdata
        RELOCATED.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="embedded-", dir=RELOCATED))
        place.chmod(0o711)
        if not self.account.can_reach(place):
            place.rmdir()
            raise EmbeddedServerError(
                f"the account {self.account.name}, which runs the server for root, can reach neither {self.folder} "
                f"nor {RELOCATED}",
                hint="Name another folder or run as an ordinary user",
            )
        self.pgdata.unlink(missing_ok=True)  # a link to data that was deleted
        logger.warning(
            "the account %s, which runs the server for root, cannot reach %s: the data goes to %s",
            self.account.name,
            self.folder,
            place,
        )
        return place / "pgdata"

    def start(self, binaries: Binaries, settings: Mapping[str, str], timeout: float) -> None:
        """Start the server, on the port it had before if that is free. Raises EmbeddedServerError after `timeout` s."""
        deadline = time.monotonic() + timeout
        log_size = self.log_path.stat().st_size if self.log_path.exists() else 0
        port = self._recorded_port()
        while True:
            if port is None or not _is_free(port):
                port = _free_port()
            self._clear_traces()
            _write_private(self.pgdata / "port", str(port), self.account)
            options = ["-p", str(port), "-c", f"listen_addresses={HOST}"]
            options += ["-c", f"unix_socket_directories={self._socket_dir()}"]
            for name, value in settings.items():
                options += ["-c", f"{name}={value}"]
            result = self.account.run(
                [
                    binaries.bin_dir / "pg_ctl",
                    "start",
                    "--wait",
                    f"--timeout={max(1, round(deadline - time.monotonic()))}",
                    "--silent",
                    f"--pgdata={self.pgdata.resolve()}",
                    f"--log={self.log_path.resolve()}",
                    f"--options={shlex.join(options)}",
                ]
            )
            if result.returncode == 0:
                return
            report = self._log_since(log_size)
            # Two failures that pass: somebody was faster to take the port, or processes of a postmaster that was killed
            # have not noticed yet.
            passes = "Address already in use" in report or "is still in use" in report
            if passes and time.monotonic() < deadline:
                time.sleep(0.1)
                log_size = self.log_path.stat().st_size
                continue
            raise EmbeddedServerError(
                f"PostgreSQL {binaries.version} in {binaries.bin_dir} did not start in {self.pgdata}:\n"
                f"{result.stdout.strip()}\n{report.strip()[-4000:]}"
            )

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until the server accepts connections: it may be recovering from a crash."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=10).close()
            except (psycopg.OperationalError, EmbeddedServerError) as error:
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(f"the server in {self.pgdata} does not answer: {error}") from error
                time.sleep(0.05)
            else:
                return

    def url(self, database: str, *, over_socket: bool = False) -> str:
        """Return the address of a database of the server, which keeps it over restarts."""
        password = (self.pgdata / "password").read_text()
        port = self._recorded_port()
        if not over_socket:
            return f"postgresql://{USER}:{password}@{HOST}:{port}/{quote(database, safe='')}"
        if not self._socket_dir():
            raise EmbeddedServerError(f"the path of {self.pgdata} is too long for a unix socket", hint="Use TCP")
        host = quote(self._socket_dir(), safe="")
        return f"postgresql://{USER}:{password}@/{quote(database, safe='')}?host={host}&port={port}"

    def start_reaper(self) -> None:
        """Start the process that stops the server after its users have died, unless it runs."""
        if not sys.executable:  # Python inside another program: that program has to leave properly
            return
        # Returns at once: what goes on living is a child of it, and no child of ours to wait for.
        subprocess.run(
            [sys.executable, "-I", "-S", _control.__file__, self.folder],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the terminal is not for it
            check=False,
        )

    def remove(self) -> None:
        """Delete what was created in the folder, or elsewhere in its stead; the folder, too, when it is empty then."""
        place = self.pgdata.resolve()
        shutil.rmtree(place, ignore_errors=True)
        if self.pgdata.is_symlink():
            self.pgdata.unlink()
            with suppress(OSError):
                place.parent.rmdir()
                RELOCATED.rmdir()
        for name in (_control.START, _control.USERS, _control.WAKE, _control.REAPER):
            (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def _socket_dir(self) -> str:
        """Return the folder of the unix socket; empty when its path would be too long for one."""
        path = str(self.pgdata.resolve())
        return path if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT else ""

    def _recorded_port(self) -> int | None:
        try:
            return int((self.pgdata / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _clear_traces(self) -> None:
        """Make way for a start after a crash, when the server's process id is taken.

        By another process, or by the dead server itself: in containers often nobody collects the dead. PostgreSQL would
        take either for a living server. Only the number is replaced, by that of a process that has just ended: the rest
        of the file names the shared memory by which PostgreSQL recognises processes of the crashed server that are
        still busy with the data.
        """
        for path in self.pgdata.glob(".s.PGSQL.*"):
            path.unlink(missing_ok=True)
        if _control.recorded_pid(self.pgdata) is None:
            return
        ended = subprocess.Popen(["true"])
        ended.wait()
        path = self.pgdata / "postmaster.pid"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([str(ended.pid), *lines[1:]]) + "\n")

    def _log_since(self, offset: int) -> str:
        try:
            return self.log_path.read_bytes()[offset:].decode(errors="replace")
        except FileNotFoundError:
            return ""


def _write_private(path: Path, text: str, account: Account) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    account.own(temporary)
    temporary.replace(path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server does: connections of its predecessor that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        if _is_free(port):
            return port
    raise EmbeddedServerError(f"no free port between {_PORTS.start} and {_PORTS.stop} on {HOST}")
