"""EmbeddedServer: what applications use of the embedded server."""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from . import control as _control
from .account import server_account
from .binaries import find_binaries, reachable
from .cluster import Cluster
from .errors import EmbeddedServerError

logger = logging.getLogger("graphile_worker.embedded")

DIR_VARIABLE = "GRAPHILE_WORKER_EMBEDDED_DIR"

StopMode = Literal["smart", "fast", "immediate"]


class EmbeddedServer:
    """A PostgreSQL server of one's own in a folder: created on first use, shared by processes, stopped by the last one.

    It needs no root, no Docker and no configuration; `pip install 'graphile-worker[embedded]'` brings the programs. For
    development, demonstrations and tests.

        with EmbeddedServer("./data") as server:
            migrate(server.url)

    Any number of objects, in any number of processes, may use the same folder at the same time: the first starts the
    server, the last to leave stops it. A process that is killed has left, too. The data stays. The server listens on
    127.0.0.1, on a port that the folder keeps, and asks for a generated password that only the owner of the folder can
    read; `url` contains it.

    Started by root, the server runs as the account `postgres`, else `nobody`.

    Args:
        data_dir: The folder for the data, created if missing. Default: the variable GRAPHILE_WORKER_EMBEDDED_DIR, else
            graphile-worker/embedded in the user's data folder (XDG_DATA_HOME, ~/.local/share).
        bin_dir: A folder with postgres, initdb and pg_ctl to use. Default: the variable GRAPHILE_WORKER_PG_BIN, else
            the wheel of the extra, else what is installed on the machine.
        settings: Server settings, e.g. `{"fsync": "off"}`; they count when this object starts the server and are
            ignored when it runs already.
        timeout: How long starting, stopping, or waiting for another process that does so may take.

    Raises:
        EmbeddedServerError: from every method; the message says what is wrong and what to do.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        *,
        bin_dir: str | os.PathLike[str] | None = None,
        settings: Mapping[str, str] | None = None,
        timeout: timedelta = timedelta(seconds=60),
    ) -> None:
        self._cluster = Cluster(Path(data_dir or default_data_dir()).expanduser().absolute(), server_account())
        self._bin_dir = bin_dir
        self._settings = dict(settings or {})
        self._timeout = timeout.total_seconds()
        self._mutex = threading.RLock()
        self._users: int | None = None
        self._wake: int | None = None
        self._pid = 0

    @property
    def data_dir(self) -> Path:
        """The folder of the data."""
        return self._cluster.folder

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self._cluster.log_path

    @property
    def started(self) -> bool:
        """Tells whether this object uses the server now: between start() and stop()."""
        return self._users is not None and self._pid == os.getpid()

    @property
    def url(self) -> str:
        """The address of the database `postgres`, as its superuser, over TCP."""
        return self.database("postgres")

    @property
    def socket_url(self) -> str:
        """The address over the unix socket: somewhat faster, but not to be had when the folder's path is too long."""
        self._require_started()
        return self._cluster.url("postgres", over_socket=True)

    def database(self, name: str) -> str:
        """Return the address of the database `name`, which this does not create."""
        self._require_started()
        return self._cluster.url(name)

    def start(self) -> Self:
        """Start the server, or join those who use it already. Returns the object; a second call does nothing."""
        with self._mutex:
            if self.started:
                return self
            self._cluster.prepare_folder()
            with self._transition():
                self._enter()
                try:
                    self._ensure_running()
                    self._cluster.start_reaper()
                except BaseException:
                    self._leave("fast")
                    raise
            atexit.register(self.stop)
        return self

    def stop(self, mode: StopMode = "fast") -> None:
        """Leave the server, and stop it when nobody else uses it. A second call does nothing.

        `mode` is that of pg_ctl: smart waits for the clients to disconnect, fast rolls their transactions back,
        immediate is a crash, to be recovered from by the next start.
        """
        if mode not in _control.SIGNALS:
            raise EmbeddedServerError(f"unknown stop mode {mode!r}", hint=f"One of {', '.join(_control.SIGNALS)}")
        with self._mutex:
            if not self.started:  # never, or twice, or in a forked child whose parent still uses it
                return
            atexit.unregister(self.stop)
            with self._transition():
                was_last = self._leave(mode)
            if was_last:
                # The reaper ends with the server, an instant later: nothing is left behind when this returns.
                with suppress(TimeoutError), _control.exclusive(self.data_dir, _control.REAPER, timeout=2):
                    pass

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop the server under everybody who uses it and start it again on the same port: for tests of faults."""
        with self.outage(mode):
            pass

    @contextmanager
    def outage(self, mode: StopMode = "fast") -> Iterator[None]:
        """Stop the server for the block and start it on the same port after it: for tests of faults.

        with server.outage("immediate"):
            ...  # what depends on the server gets along without it
        """
        self._require_started()
        with self._mutex, self._transition():
            self._stop_server(mode)
            try:
                yield
            finally:
                self._ensure_running()

    def remove(self) -> None:
        """Leave the server and delete its data; the folder, too, if it is empty then. Refused while others use it."""
        self.stop()
        if not self.data_dir.exists():
            return
        with self._mutex, self._transition():
            users = _control.open_lock(self.data_dir, _control.USERS)
            try:
                if not _control.try_lock(users, fcntl.LOCK_EX):
                    raise EmbeddedServerError(f"the server in {self.data_dir} is used by others")
                self._stop_server("immediate")
                self._cluster.remove()
            finally:
                _control.unlock(users)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<EmbeddedServer {str(self.data_dir)!r} {'started' if self.started else 'not started'}>"

    @contextmanager
    def _transition(self) -> Iterator[None]:
        """Keep all others from starting or stopping this server within the block."""
        with ExitStack() as stack:
            try:
                stack.enter_context(_control.exclusive(self.data_dir, _control.START, self._timeout))
            except OSError as error:  # TimeoutError is one
                raise EmbeddedServerError(f"cannot use the data folder {self.data_dir}: {error}") from error
            yield

    def _enter(self) -> None:
        self._users = _control.open_lock(self.data_dir, _control.USERS)
        self._wake = _control.open_lock(self.data_dir, _control.WAKE)
        # Held exclusively for instants only, by whoever finds out that nobody holds them.
        fcntl.flock(self._users, fcntl.LOCK_SH)
        fcntl.flock(self._wake, fcntl.LOCK_SH)
        self._pid = os.getpid()

    def _leave(self, mode: StopMode) -> bool:
        """Give up the locks; stop the server if they were the last ones, and tell whether they were."""
        users, wake = self._users, self._wake
        if users is None or wake is None:
            return False
        self._users = self._wake = None
        try:
            was_last = _control.try_lock(users, fcntl.LOCK_EX)
            if was_last:
                self._stop_server(mode)
            return was_last
        finally:
            _control.unlock(users)
            _control.unlock(wake)

    def _ensure_running(self) -> None:
        cluster = self._cluster
        if _control.running_pid(cluster.pgdata) is None:
            binaries = reachable(find_binaries(self._bin_dir, cluster.major), cluster.account)
            if cluster.major is None:
                cluster.create(binaries, durable=self._settings.get("fsync") != "off")
            cluster.start(binaries, self._settings, self._timeout)
        cluster.wait_until_ready(self._timeout)

    def _stop_server(self, mode: StopMode) -> None:
        try:
            _control.stop_server(self._cluster.pgdata, mode, self._timeout)
        except TimeoutError as error:
            raise EmbeddedServerError(str(error), hint=f"Its log is {self.log_path}") from error

    def _require_started(self) -> None:
        if not self.started:
            raise EmbeddedServerError(f"the server in {self.data_dir} has not been started by this process")


def default_data_dir() -> Path:
    """Return the folder of the data for those who name none."""
    named = os.environ.get(DIR_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "graphile-worker" / "embedded"
