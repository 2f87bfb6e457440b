"""Sees to it that processes and programs die with the worker that has started them, whatever it dies of."""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection


class Guard:
    """A process that hears through a pipe which process groups there are, and kills them when the pipe's end is dead.

    The pipe is closed by the kernel, however the worker has died. On Linux a parent's death can be had as a signal,
    too; that would not reach what programs have started, and comes when a mere thread of the parent ends.
    """

    def __init__(self) -> None:
        self._pipe: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> Connection | None:
        """Starts the guard unless it runs, and returns the pipe's end for children to tell of themselves.

        None where there are no process groups, or no interpreter to be started.
        """
        if self._process is not None and self._process.poll() is None:
            return self._pipe
        source = pkgutil.get_data(__package__, "guard_process.py")
        if os.name != "posix" or not sys.executable or source is None:
            return None
        # The pipe of one that was killed is not closed: it goes with the pool of processes that holds it.
        reader, self._pipe = multiprocessing.Pipe(duplex=False)
        with reader:
            # In a session of its own, so that no signal for the worker reaches it; by its text, to work in a zip, too.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", source, "graphile_worker guard"],
                stdin=reader.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        return self._pipe

    def add(self, group: int) -> None:
        """Tells of a process group that is to die with the worker."""
        self._tell(b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """Tells that the leader of a group has come to its end."""
        self._tell(b"-%d\n" % group)

    def close(self) -> None:
        """Lets the guard end what is left, by SIGTERM first, as the worker ends in good order; waits for nothing."""
        if self._process is not None:
            self._tell(b".\n")
            if self._pipe is not None:
                self._pipe.close()
                self._pipe = None
            # So that the guard leaves no zombie behind.
            threading.Thread(target=self._process.wait, name="graphile_worker guard", daemon=True).start()
            self._process = None

    def _tell(self, line: bytes) -> None:
        if self._pipe is not None:
            # Somebody has killed the guard: the next to be started has another.
            with suppress(BrokenPipeError):
                os.write(self._pipe.fileno(), line)
