"""What the drivers share: the protocol, the counter of handled jobs, the clock.

A driver is run as `python -m bench.drivers.NAME COMMAND [N]` with DATABASE_URL and BENCH_OPTIONS (JSON) set, and prints
JSON lines:

    setup        makes the schema in an empty database; may print {"package": path of the queue's package}
    enqueue N    adds N jobs, one awaited call and transaction each; prints {"seconds": s, "cpu": s}, the latter
                 the processor time of the driver
    bulk N       adds N jobs through the queue's bulk call; prints the same
    work N       works until SIGTERM; prints every 20 ms, when it has changed, {"count": jobs handled, "at": ns,
                 "first": instant of the first handler call, "cpu": seconds that the worker has used since then, if it
                 can tell}; with the option "latency" also {"latencies": [ns, ...]}
                 once N jobs have been handled
    trickle N    adds N jobs, one at a time, 5 to 10 ms apart; the payload has "t", the instant just before the call;
                 may print what enqueue does

All clocks are CLOCK_MONOTONIC, which the processes of a machine share.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from typing import Any

COMMAND = sys.argv[1] if len(sys.argv) > 1 else ""
JOBS = int(sys.argv[2]) if len(sys.argv) > 2 else 0
URL = os.environ.get("DATABASE_URL", "")
OPTIONS: dict[str, Any] = json.loads(os.environ.get("BENCH_OPTIONS", "{}"))
LATENCY = bool(OPTIONS.pop("latency", False))

_REPORT_EVERY = 0.02

now = time.monotonic_ns


class Counter:
    """Counts handler calls and reports them from a thread."""

    def __init__(self) -> None:
        self.count = 0
        self.others = 0
        """Of jobs that only stand in the way: those without "id"."""
        self._first = 0
        self._cpu_at_first = 0.0
        self._latencies: list[int] = []

    def hit(self, sent_at: int | None = None) -> None:
        """Counts a job as handled."""
        if not self._first:
            self._begin()
        self.count += 1
        if LATENCY and sent_at is not None:
            self._latencies.append(now() - sent_at)

    def hit_any(self, payload: dict[str, Any]) -> None:
        """Counts a job as handled, perhaps one that only stands in the way."""
        if "id" in payload:
            self.hit()
        else:
            if not self._first:
                self._begin()
            self.others += 1

    def _begin(self) -> None:
        self._first = now()
        self._cpu_at_first = time.process_time()

    def report(self) -> None:
        """Starts the thread that reports."""
        threading.Thread(target=self._report, daemon=True).start()

    def _report(self) -> None:
        reported = (0, 0)
        waits_for_latencies = LATENCY
        while True:
            counted = (self.count, self.others)
            if counted != reported:
                cpu = time.process_time() - self._cpu_at_first
                say(count=counted[0], others=counted[1], at=now(), first=self._first, cpu=cpu)
                reported = counted
            if waits_for_latencies and len(self._latencies) >= JOBS:
                waits_for_latencies = False
                say(latencies=self._latencies)
            time.sleep(_REPORT_EVERY)


def say(**message: Any) -> None:
    """Prints one line for the benchmark."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Stopwatch:
    """What a command takes, from the moment it is made."""

    def __init__(self) -> None:
        self._started_at = now()
        self._cpu = time.process_time()

    def say(self) -> None:
        """Tells the benchmark how long it took, and how much processor time this process used."""
        say(seconds=(now() - self._started_at) / 1e9, cpu=time.process_time() - self._cpu)


def pause() -> float:
    """Returns the seconds between two jobs of a trickle."""
    return random.uniform(0.005, 0.010)


def queue_name(number: int) -> str | None:
    """Returns, with the option "queues", the queue of a job, one queue after the other."""
    queues = OPTIONS.get("queues", 0)
    return f"queue {number % queues}" if queues else None
