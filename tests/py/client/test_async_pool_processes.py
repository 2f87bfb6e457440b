"""A client in the life of its process: forked, left open at the end."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.py.support.sessions import connect, ids

FORKED = """
    import os, sys, threading
    from graphile_worker import Client

    client = Client(sys.argv[1])
    client.add_job("parent", {"n": 0})
    children = []
    for n in range(4):
        if (pid := os.fork()) == 0:
            code = 1
            try:
                jobs = [client.add_job("child", {"n": n, "m": m}) for m in range(25)]
                # The answers are those to its own questions.
                if [job.payload for job in jobs] == [{"n": n, "m": m} for m in range(25)]:
                    code = 0
            finally:
                os._exit(code)
        children.append(pid)
    for m in range(100):
        assert client.add_job("parent", {"m": m}).payload == {"m": m}
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert codes == [0] * 4, codes
    client.add_job("parent", {"n": 1})
"""

FORKED_WHILE_CALLING = """
    import os, sys, threading
    from graphile_worker import Client

    client = Client(sys.argv[1], max_pool_size=1)
    stop = threading.Event()
    # A child of a process that is opening a connection inherits the locks that libpq and OpenSSL hold for it, and waits
    # for them for ever when it opens its own: this one is opened before.
    client.add_job("parent")

    def add():
        while not stop.is_set():
            client.add_job("parent")

    # More than there are connections: at the instant of the fork all permits are taken.
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = []
    for _ in range(10):
        if (pid := os.fork()) == 0:
            code = 1
            try:
                client.add_jobs([])
                client.add_job("child")
                client.close()
                code = 0
            finally:
                os._exit(code)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    stop.set()
    for thread in threads:
        thread.join()
    assert codes == [0] * 10, codes
"""

FORKED_ASYNC = """
    import asyncio, os, sys
    from graphile_worker import AsyncClient

    client = AsyncClient(sys.argv[1])

    async def add(name):
        jobs = await asyncio.gather(*(client.add_job(name, {"n": n}) for n in range(50)))
        assert [job.payload["n"] for job in jobs] == list(range(50))

    asyncio.run(add("parent"))
    if (pid := os.fork()) == 0:
        code = 1
        try:
            asyncio.run(add("child"))
            code = 0
        finally:
            os._exit(code)
    asyncio.run(add("parent"))
    assert os.waitpid(pid, 0)[1] == 0
"""

LEFT_OPEN = """
    import sys
    from graphile_worker import Client

    client = Client(sys.argv[1])
    client.add_job("t")
"""

LEFT_OPEN_ASYNC = """
    import asyncio, sys
    from graphile_worker import AsyncClient

    client = AsyncClient(sys.argv[1])
    asyncio.run(client.add_job("t"))
"""


def run(script: str, url: str, timeout: float = 60) -> str:
    """What the script says, which takes `timeout` seconds at most and succeeds."""
    command = [sys.executable, "-c", textwrap.dedent(script), url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_children_have_connections_of_their_own(shared_database: str) -> None:
    run(FORKED, shared_database)
    with connect(shared_database) as monitor:
        query = "select count(*) from jobs group by task_identifier order by task_identifier"
        assert ids(monitor, query) == [100, 102]


def test_a_fork_in_the_middle_of_calls(shared_database: str) -> None:
    run(FORKED_WHILE_CALLING, shared_database)
    with connect(shared_database) as monitor:
        assert ids(monitor, "select count(*) from jobs where task_identifier = 'child'") == [10]


def test_the_same_with_asyncio(shared_database: str) -> None:
    run(FORKED_ASYNC, shared_database)
    with connect(shared_database) as monitor:
        assert ids(monitor, "select count(*) from jobs") == [150]


@pytest.mark.parametrize("script", [LEFT_OPEN, LEFT_OPEN_ASYNC], ids=["plain", "asyncio"])
def test_a_client_that_nobody_closed_ends_with_its_program(shared_database: str, script: str) -> None:
    assert run(script, shared_database, timeout=15) == ""
