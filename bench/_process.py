"""Drivers as processes: started, listened to, stopped; and how busy they and the server were."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

_TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat from the state on: utime and stime of the process, and those of its children that have ended.
_RUNNING, _ENDED = slice(11, 13), slice(13, 15)


class DriverError(Exception):
    """A driver failed; the message has what it printed last."""


@dataclass(frozen=True)
class Driver:
    """A program of bench/drivers and what it is told."""

    command: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def call(self, command: str, url: str, jobs: int = 0, timeout: float = 900, **options: Any) -> dict[str, Any]:
        """Runs a command to its end and returns its last message."""
        result = subprocess.run(
            [*self.command, command, str(jobs)],
            cwd=ROOT,
            env=self._environment(url, options),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if result.returncode != 0:
            raise DriverError(f"{command} failed: {last_words(result.stderr or result.stdout)}")
        messages = [line for line in result.stdout.splitlines() if line.startswith("{")]
        return dict(json.loads(messages[-1])) if messages else {}

    def start_worker(self, url: str, jobs: int, **options: Any) -> WorkerProcess:
        """Starts a worker in the background."""
        return WorkerProcess([*self.command, "work", str(jobs)], self._environment(url, options))

    def _environment(self, url: str, options: dict[str, Any]) -> dict[str, str]:
        # libpq's own variables would lead some drivers elsewhere.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        told = {"DATABASE_URL": url, "BENCH_OPTIONS": json.dumps({**self.options, **options})}
        return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **self.environment, **told}


class WorkerProcess:
    """A worker that reports what it has handled."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.first: int | None = None
        self.count = 0
        self.others = 0
        self.progress: list[tuple[int, int]] = []
        """Instant in ns, jobs handled until then."""
        self.latencies: list[int] | None = None
        self.cpu: float | None = None
        """Processor seconds since the first handler call, as the worker itself says: what it says may arrive late."""
        self._errors: list[str] = []
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        threading.Thread(target=self._read_messages, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    @property
    def last_words(self) -> str:
        """The end of what the process printed to stderr."""
        return last_words("".join(self._errors))

    def stop(self) -> None:
        """Stops the process by SIGTERM, and by SIGKILL when it has not ended after 15 s."""
        if not self.runs:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read_messages(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.startswith("{"):
                continue
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if "count" in message:
                self.first = message["first"]
                self.count = message["count"]
                self.others = message.get("others", 0)
                self.cpu = message.get("cpu")
                self.progress.append((message["at"], self.count))
            if "latencies" in message:
                self.latencies = message["latencies"]

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._errors.append(line)
            del self._errors[:-200]


class CpuMeter:
    """Processor time of processes since the meter was made; None where it cannot be told."""

    def __init__(self, pids: list[int], *, with_children: bool = False) -> None:
        self._pids = pids
        self._with_children = with_children
        self._started_at = time.monotonic()
        self._used = self._read()

    def seconds(self) -> float | None:
        used = self._read()
        return None if used is None or self._used is None else (used - self._used) / _TICKS

    def percent(self) -> float | None:
        """Returns how busy the processes were, in percent of one processor."""
        seconds = self.seconds()
        return None if seconds is None else round(seconds / (time.monotonic() - self._started_at) * 100)

    def _read(self) -> int | None:
        if not sys.platform.startswith("linux") or not self._pids:
            return None
        while True:
            ended = self._of_parents(_ENDED)
            total = self._of_parents(_RUNNING) + ended + (self._of_children() if self._with_children else 0)
            # Who ends while this reads would be counted twice or not at all.
            if self._of_parents(_ENDED) == ended:
                return total

    def _of_parents(self, fields: slice) -> int:
        return sum(sum(map(int, found[fields])) for pid in self._pids if (found := _stat(pid)))

    def _of_children(self) -> int:
        parents = {str(pid) for pid in self._pids}
        numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        found = [fields for number in numbers if (fields := _stat(number)) and fields[1] in parents]
        return sum(sum(map(int, fields[_RUNNING])) for fields in found)


def last_words(text: str) -> str:
    """Returns the end of an error report, where the reason usually stands."""
    return "\n".join(text.strip().splitlines()[-8:])[-1000:]


def _stat(pid: int) -> list[str]:
    """Returns the fields of /proc/PID/stat from the state on; none when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
