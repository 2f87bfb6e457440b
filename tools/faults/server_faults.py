"""Faults of the server: killed, full of connections, full of data; and of its single connections."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import psycopg

from graphile_worker import EmbeddedServer

from .fault import Fault
from .lab import Lab, LabError

SETTINGS = {
    # Committed is committed, whatever happens to the server's processes; the machine stays up.
    "synchronous_commit": "on",
    "fsync": "off",
    "max_connections": "340",
    "shared_buffers": "32MB",
}


class Restarts(Fault):
    """`pg_ctl restart -m immediate`, a crash of the server, in a loop."""

    name = "server crash"
    every: ClassVar[float] = 2.0

    async def inflict(self, lab: Lab, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(self.every)
            lab.strike()
            await asyncio.to_thread(lab.server.restart, "immediate")


class KilledBackends(Fault):
    """pg_terminate_backend five times a second, for every session: workers, their heartbeats, producers."""

    name = "backend kills"
    every: ClassVar[float] = 0.2

    async def inflict(self, lab: Lab, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        async with await lab.superuser() as connection:
            while time.monotonic() < deadline:
                lab.strike()
                await connection.execute(
                    """
                    select pg_terminate_backend(a.pid) from pg_stat_activity as a
                    where a.datname like 'fault%%' and a.backend_type = 'client backend'
                    order by random() limit 1
                    """
                )
                await asyncio.sleep(self.every)


class StopsInTrouble(KilledBackends):
    """SIGTERM for one worker after the other while backends are killed: each ends properly, a new one takes over."""

    name = "stops amid kills"
    pause: ClassVar[float] = 1.0

    async def inflict(self, lab: Lab, seconds: float) -> None:
        kills = asyncio.create_task(super().inflict(lab, seconds))
        while not kills.done():
            await asyncio.sleep(self.pause)
            oldest = next(worker for worker in lab.workers if not worker.has_ended)
            lab.found += await oldest.stop()
            try:
                await lab.start_worker()
            except LabError:
                # At start a connection that is lost is an error, for whoever starts workers to deal with.
                await lab.workers[-1].kill()
                await lab.start_worker()
        await kills


class Exhausted(Fault):
    """Idle connections take every slot that there is, while the workers have to connect anew."""

    name = "no connection left"
    held: ClassVar[float] = 5.0

    async def inflict(self, lab: Lab, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            idle: list[psycopg.AsyncConnection[Any]] = []
            try:
                await self._take_all(lab, idle)
                lab.strike()
                async with await lab.superuser() as connection:
                    # Those of the workers; and whoever is faster takes their places.
                    await connection.execute(
                        """
                        select pg_terminate_backend(a.pid) from pg_stat_activity as a
                        where a.datname like 'fault%%' and a.application_name like 'graphile-worker%%'
                        """
                    )
                until = time.monotonic() + self.held
                while time.monotonic() < until:
                    await self._take_all(lab, idle)
                    await asyncio.sleep(0.01)
            finally:
                for connection in idle:
                    await connection.close()
            await asyncio.sleep(2)

    async def _take_all(self, lab: Lab, idle: list[psycopg.AsyncConnection[Any]]) -> None:
        while True:
            try:
                idle.append(await psycopg.AsyncConnection.connect(lab.url, application_name="idle"))
            except psycopg.OperationalError as error:
                if "connection" not in str(error) and "slots" not in str(error):
                    raise
                return
            if len(idle) > 1000:
                raise LabError("the server does not run out of connections")


class FullDisk(Fault):
    """The file system of the data, log included, is full: the server crashes, and comes back when there is room."""

    name = "disk full"
    # The client's pool waits longer and longer between its tries: few jobs are added.
    seconds = 20.0
    size: ClassVar[str] = "400m"
    held: ClassVar[float] = 3.0

    def obstacle(self) -> str | None:
        folder = tempfile.mkdtemp(prefix="graphile-worker-disk-")
        try:
            if not _mount(folder, "1m"):
                return "a small file system can't be mounted here: that takes root"
            _unmount(folder)
        finally:
            Path(folder).rmdir()
        return None

    @contextmanager
    def server(self, common: EmbeddedServer) -> Iterator[EmbeddedServer]:  # noqa: ARG002
        """Yields a server on a small file system."""
        folder = Path(tempfile.mkdtemp(prefix="graphile-worker-disk-"))
        if not _mount(folder, self.size):
            raise LabError(f"no file system could be mounted at {folder}")
        try:
            data = folder / "data"
            server = EmbeddedServer(data, settings={**SETTINGS, "max_wal_size": "64MB", "min_wal_size": "32MB"})
            try:
                yield server.start()
            finally:
                (folder / "ballast").unlink(missing_ok=True)
                server.stop("immediate")
        finally:
            _unmount(folder)
            folder.rmdir()

    async def inflict(self, lab: Lab, seconds: float) -> None:
        ballast = lab.server.data_dir.parent / "ballast"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(1)
            lab.strike()
            _fill(ballast)
            until = time.monotonic() + self.held
            while time.monotonic() < until:
                # Until the log needs a new file.
                with suppress(psycopg.OperationalError):
                    async with await lab.superuser() as connection:
                        await connection.execute(
                            "select count(pg_logical_emit_message(false, '', repeat('x', 1000000)))"
                            " from generate_series(1, 64)"
                        )
                await asyncio.sleep(0.1)
            ballast.unlink()
            # What an operator does next.
            await asyncio.to_thread(lab.server.restart, "immediate")
            await asyncio.sleep(1)


def _mount(folder: str | Path, size: str) -> bool:
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "graphile-worker-disk", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(folder: str | Path) -> None:
    # Lazily: a process of the server that is just ending may still be in there.
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass
