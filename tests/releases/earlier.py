"""Earlier releases as their users have them: the command and workers from the wheel, and the extension's script."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import support

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORKER = HERE / "worker.py"


def versions() -> list[str]:
    """The releases that an upgrade is promised from, oldest first."""
    lines = (ROOT / "extension/releases.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@dataclass(frozen=True)
class Release:
    """A release whose package lies in a folder of its own, or the tree."""

    version: str
    package: Path
    """What holds the folder graphile_worker; nobody else is asked for it."""

    def command(self, url: str, *arguments: str) -> str:
        """Runs `graphile-worker ...` of this release; what it prints. AssertionError when it fails."""
        result = subprocess.run(
            [sys.executable, "-m", "graphile_worker", *arguments],
            cwd=self.package,
            env={**self.environment(), "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    def migrate(self, url: str, schema: str = "graphile_worker") -> str:
        """Brings a schema to this release; what the command prints."""
        return self.command(url, "--schema", schema, "migrate")

    @contextmanager
    def worker(
        self, url: str, *tasks: str, schema: str = "graphile_worker", concurrency: int = 1
    ) -> Iterator[WorkerProcess]:
        """A worker of this release that runs these tasks as worker.py says; stopped after the block."""
        process = WorkerProcess(
            [sys.executable, str(WORKER), url, schema, str(concurrency), *tasks], self.environment()
        )
        try:
            yield process
        finally:
            process.kill()

    def environment(self) -> dict[str, str]:
        """Variables with which Python finds this release's package before the one that is installed."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**inherited, "PYTHONPATH": str(self.package)}


class WorkerProcess:
    """A worker in a process of its own, and what it has said so far."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.records: list[dict[str, Any]] = []
        """Of jobs that have ended: job, task, queue, attempt, worker, start, end, version."""
        self.started: list[int] = []
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._errors: list[str] = []
        self._readers = [threading.Thread(target=read) for read in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def wait_started(self, count: int) -> list[int]:
        """The ids of the first jobs that were started, once there are so many."""
        support.wait_until(lambda: len(self.started) >= count or not self._runs, what=f"started {self.started}")
        assert self._runs, self.errors
        return self.started[:count]

    def stop(self) -> list[dict[str, Any]]:
        """Ends the worker as a supervisor does; what it has run. AssertionError when it does not end well."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(20) == 0, self.errors
        self._join()
        return self.records

    def kill(self) -> None:
        """Ends the worker at once, if it has not ended."""
        if self._runs:
            self._process.kill()
            self._process.wait()
        self._join()

    @property
    def errors(self) -> str:
        """What it has printed to stderr: its log."""
        return "".join(self._errors)

    @property
    def _runs(self) -> bool:
        return self._process.poll() is None

    def _join(self) -> None:
        for reader in self._readers:
            reader.join()

    def _read(self) -> None:
        with self._process.stdout as lines:
            for line in lines:
                message = json.loads(line)
                if "started" in message:
                    self.started.append(message["started"])
                else:
                    self.records.append(message)

    def _read_errors(self) -> None:
        with self._process.stderr as lines:
            self._errors.extend(lines)


def unpack(version: str, folder: Path) -> Release:
    """An earlier release, unpacked into an empty folder."""
    with zipfile.ZipFile(next((HERE / version).glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return Release(version, folder)


def present() -> Release:
    """The release in the tree."""
    from graphile_worker import __version__

    return Release(__version__, ROOT / "py")


def extension_script(version: str) -> dict[str, str]:
    """The file that `create extension graphile_worker version '...'` runs, by its name."""
    name = f"graphile_worker--{version}.sql"
    return {name: gzip.decompress((HERE / version / f"{name}.gz").read_bytes()).decode()}
