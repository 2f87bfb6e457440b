"""`graphile-worker run --once` that does not come to its end."""

from __future__ import annotations

import signal
import textwrap
import time
from pathlib import Path

from graphile_worker import Client
from tests.py.support.command import process

TASKS = """
    import asyncio
    from graphile_worker import TaskRegistry

    tasks = TaskRegistry()

    @tasks.task
    async def slow() -> None:
        await asyncio.sleep(60)
"""


def test_a_signal_that_stops_it_shows_in_the_exit_code(database: str, tmp_path: Path) -> None:
    (tmp_path / "slow_here.py").write_text(textwrap.dedent(TASKS))
    with Client(database) as client:
        client.add_job("slow")
        with process("run", "slow_here", "--once", "--grace-period", "0", url=database, cwd=tmp_path) as child:
            while not client.stats().locked:
                time.sleep(0.01)
            child.send_signal(signal.SIGTERM)
            _, log = child.communicate(timeout=30)
        assert child.returncode == 130
        assert log.splitlines()[-1] == "error: stopped by a signal: jobs that are due may be left"
        assert client.stats().scheduled == 1
