"""Locks and signals: what decides whether a server is used, whether it runs, and how it is stopped.

Four lock files lie in the data folder. They are locked with flock, so the kernel lets go of the locks of a process that
died, however it died.

    start.lock   exclusive, while somebody starts or stops the server or decides whether to
    users.lock   shared, by everybody who uses the server; who gets it exclusively was the last one
    wake.lock    shared, by the same; the reaper sleeps on it, so that users.lock is only ever tried under start.lock
    reaper.lock  exclusive, by the reaper as long as it lives

The reaper is this very file run as a program of the standard library alone: a small process that stops the server when
its last user is gone without having done so (killed, crashed). It is there as long as the server is used.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START, USERS, WAKE, REAPER = "start.lock", "users.lock", "wake.lock", "reaper.lock"

SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

# How often a lock or a pid file is looked at again, in seconds.
_PAUSE = 0.01


def open_lock(folder: Path, name: str) -> int:
    """Open the lock file and return its descriptor; programs that are started do not inherit it."""
    return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)


def try_lock(descriptor: int, operation: int) -> bool:
    """Lock at once or not at all, and tell whether the lock was free."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Unlock and close. Closing alone would not do: a forked child holds a copy of the descriptor, so of the lock."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


@contextmanager
def exclusive(folder: Path, name: str, timeout: float) -> Iterator[None]:
    """Hold a lock exclusively. Raises TimeoutError when it was not to be had for `timeout` seconds."""
    descriptor = open_lock(folder, name)
    try:
        deadline = time.monotonic() + timeout
        while not try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{folder / name} has been locked for {timeout:g} s")
            time.sleep(_PAUSE)
        yield
    finally:
        unlock(descriptor)


def read_pid_file(pgdata: Path) -> list[str]:
    """Read postmaster.pid: pid, data folder, start time, port, socket folder, address, shared memory, state."""
    try:
        return (pgdata / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def recorded_pid(pgdata: Path) -> int | None:
    """Return the process id that postmaster.pid names, alive or not."""
    lines = read_pid_file(pgdata)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def running_pid(pgdata: Path) -> int | None:
    """Return the process id of the server that runs on this data folder.

    The file alone does not tell: after a crash it stays, and its number may belong to any other process by now.
    """
    pid = recorded_pid(pgdata)
    return pid if pid is not None and _is_server(pid, pgdata) else None


def _is_server(pid: int, pgdata: Path) -> bool:
    if Path("/proc/self/cwd").exists():
        try:
            # A postmaster works in its data folder. A zombie has no folder any more, and is no server.
            return os.path.samefile(f"/proc/{pid}/cwd", pgdata)  # noqa: PTH121
        except OSError:
            return False
    command = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in command.stdout


def stop_server(pgdata: Path, mode: str, timeout: float) -> None:
    """Stop the server, if one runs, and wait for its end. Raises TimeoutError after `timeout` seconds."""
    pid = running_pid(pgdata)
    if pid is None:
        return
    try:
        os.kill(pid, SIGNALS[mode])
    except ProcessLookupError:
        return
    deadline = time.monotonic() + timeout
    while running_pid(pgdata) == pid:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server (process {pid}) did not stop within {timeout:g} s")
        time.sleep(_PAUSE)


def reap(folder: Path) -> None:
    """Wait until nobody uses the server any more; stop it if it still runs then. Does nothing beside another reaper."""
    reaper = open_lock(folder, REAPER)
    if not try_lock(reaper, fcntl.LOCK_EX):
        return
    if os.fork() != 0:
        os._exit(0)  # the lock goes on with the child
    wake = open_lock(folder, WAKE)
    users = open_lock(folder, USERS)
    while True:
        fcntl.flock(wake, fcntl.LOCK_EX)
        fcntl.flock(wake, fcntl.LOCK_UN)
        with exclusive(folder, START, timeout=3600):
            if try_lock(users, fcntl.LOCK_EX):
                stop_server(folder / "pgdata", "fast", timeout=3600)
                # All locks at once: who starts the server next must not take this reaper for a living one.
                os._exit(0)
        # A user who is just dying has lost one lock before the other.
        time.sleep(_PAUSE)


if __name__ == "__main__":
    reap(Path(sys.argv[1]))
