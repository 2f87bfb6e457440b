"""A worker as process 1, whose programs leave children behind: `URL PROGRAM`. Prints what it found, as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from graphile_worker import AsyncClient, TaskRegistry, Worker


def children() -> list[str]:
    """The states of this process's children: "Z" is a dead one that nobody has asked about."""
    states = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # It has gone meanwhile, or is no process.
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if parent == str(os.getpid()):
                states.append(state)
    return states


async def run(url: str, tasks: TaskRegistry, payloads: list[str]) -> None:
    """Runs the program that often."""
    async with AsyncClient(url) as client:
        for payload in payloads:
            await client.add_job("leaves", payload)
    await Worker(url, tasks, concurrency=1, recovery=None).run_once()


def main(url: str, program: str) -> None:
    """Runs the program three times, waits for its orphans to die, and runs it once more."""
    tasks = TaskRegistry()
    tasks.executable("leaves", program)
    # Those of somebody else in this process, who will ask how they ended.
    others = [
        subprocess.Popen(["sh", "-c", "exit 3"]),
        subprocess.Popen(["sh", "-c", "exit 4"], start_new_session=True),
    ]
    asyncio.run(run(url, tasks, ["yes"] * 3))
    until = time.monotonic() + 20
    # All of them: one that dies after the last run's look is nothing that run could have reaped.
    while set(children()) != {"Z"} and time.monotonic() < until:
        time.sleep(0.02)
    left = children().count("Z") - len(others)
    asyncio.run(run(url, tasks, ["no"]))
    found = {"pid": os.getpid(), "before": left, "after": children().count("Z") - len(others)}
    print(json.dumps({**found, "others": [other.wait() for other in others]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
