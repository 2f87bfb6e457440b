"""A process is ended with what it has started."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from graphile_worker._tasks import process_groups
from graphile_worker._tasks.process_groups import end_group
from tests.support import eventually

POLITE_WITH_A_STUBBORN_CHILD = """
import subprocess, sys
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def lives(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def start(*command: str, own_group: bool = True) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=own_group)


async def test_what_outlives_its_leader_is_killed() -> None:
    with start(sys.executable, "-c", POLITE_WITH_A_STUBBORN_CHILD) as leader:
        assert leader.stdout is not None
        child = int(await asyncio.to_thread(leader.stdout.readline))
        await end_group(leader, lambda: leader.poll() is None)
        assert leader.returncode == -15
        await eventually(lambda: not lives(child))


async def test_a_leader_that_has_made_no_group_yet_is_ended_alone() -> None:
    """Our own group, in which it still is, goes on."""
    with start("sleep", "600", own_group=False) as leader:
        await end_group(leader, lambda: leader.poll() is None)
        assert leader.returncode == -15


async def test_one_that_is_gone_is_none_of_our_business() -> None:
    with start("true") as leader:
        leader.wait()
        await end_group(leader, lambda: leader.poll() is None)
        assert leader.returncode == 0


async def test_who_can_not_wait_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_groups, "KILL_AFTER", 600)
    with start("sh", "-c", "trap 'echo' TERM; echo; while :; do sleep 0.1; done") as leader:
        assert leader.stdout is not None
        await asyncio.to_thread(leader.stdout.readline)
        ending = asyncio.create_task(end_group(leader, lambda: leader.poll() is None))
        # It has heard the signal, and goes on.
        await asyncio.to_thread(leader.stdout.readline)
        assert leader.poll() is None
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        assert await asyncio.to_thread(leader.wait) == -9
