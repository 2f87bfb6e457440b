"""A worker with a job in a process and one that is a program, each with a child of its own: `URL FOLDER`.

They write their process ids into the folder and go on for ever.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from graphile_worker import TaskRegistry, Worker

tasks = TaskRegistry()
FOLDER = Path(sys.argv[2] if len(sys.argv) > 2 else ".")


def note(name: str, pid: int) -> None:
    """Writes it as a whole, so that nobody reads half of it."""
    unfinished = FOLDER / f"{name}.unfinished"
    unfinished.write_text(str(pid))
    unfinished.rename(FOLDER / f"{name}.pid")


@tasks.task(run_in="process")
def process(payload: dict[str, Any]) -> None:
    """Won't be ended by SIGTERM, and neither will its child."""
    global FOLDER  # A child has other arguments.
    FOLDER = Path(payload["folder"])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("process_child", subprocess.Popen(["sleep", "300"]).pid)
    note("process", os.getpid())
    while True:
        time.sleep(1)


def program(folder: Path) -> Path:
    """A program that has a child."""
    path = folder / "program"
    path.write_text(
        f"#!/bin/sh\ntrap '' TERM\nsleep 300 &\necho $! > {folder}/c; mv {folder}/c {folder}/program_child.pid\n"
        f"echo $$ > {folder}/p; mv {folder}/p {folder}/program.pid\nwhile :; do sleep 1; done\n"
    )
    path.chmod(0o755)
    return path


if __name__ == "__main__":
    tasks.executable("program", program(FOLDER))
    asyncio.run(Worker(sys.argv[1], tasks, concurrency=2, grace_period=timedelta(0)).run(handle_signals=True))
