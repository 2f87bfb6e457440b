"""The command line with arguments beyond every bound: a line that says what is wrong, never a traceback."""

from __future__ import annotations

import pytest

from graphile_worker import Client
from tests.py.support.command import invoke

HUGE = "9" * 5000
CALLS = [
    ["list", "--limit", HUGE],
    ["list", "--limit", "2147483647", "--offset", "2147483647"],
    ["list", "--offset", "-1"],
    ["list", "--offset", str(2**63)],
    ["list", "--identifier", "x" * 100_000],
    ["show", HUGE],
    ["show", str(2**63)],
    ["show", "-1"],
    ["complete", str(2**63)],
    ["fail", HUGE],
    ["fail", "1", "--reason", "x" * 100_000],
    ["retry", str(2**63)],
    ["reschedule", "1", "--run-at", "9999-12-31T23:59:59-12:00"],
    ["reschedule", "1", "--run-at", "0001-01-01T00:00:00+14:00"],
    ["reschedule", "1", "--priority", "32768"],
    ["reschedule", "1", "--attempts", HUGE],
    ["add", "x" * 129],
    ["add", "t", "--queue", "x" * 129],
    ["add", "t", "--key", "x" * 513],
    ["add", "t", "--flag", ""],
    ["add", "t", "--priority", HUGE],
    ["add", "t", "--max-attempts", "0"],
    ["add", "t", "--run-at", "10000-01-01T00:00:00Z"],
    ["add", "t", "--payload", HUGE[:1] + "e" + HUGE],
    ["add", "t", "--payload-file", "/"],
    ["add", "t", "--payload-file", "/proc/self/mem"],
    ["remove", "x" * 600],
    ["force-unlock", ""],
    ["sweep-stale-workers", "--sweep-threshold", f"{HUGE}d"],
    ["sweep-stale-workers", "--sweep-threshold", "999999999d"],
    ["sweep-stale-workers", "--sweep-threshold", "-1s"],
    ["sweep-stale-workers", "--recovery-delay", "NaN"],
    ["cleanup", "pg_authid"],
    ["pause", "--queue", ""],
    ["run", "../../etc/passwd"],
    ["run", "os:system"],
    ["run", "graphile_worker:__builtins__.exec"],
    ["run", "tests", "--concurrency", "0"],
    ["run", "graphile_worker", "--config", "/etc/passwd"],
    ["crontab", "check", "/proc/self/mem"],
    ["--schema", "x" * 64, "stats"],
    ["--schema", "\udcff", "stats"],
    ["--max-connections", HUGE, "stats"],
    ["\x1b[31m"],
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call)[:50].encode("unicode_escape").decode())
def test_bounds(shared_database: str, call: list[str]) -> None:
    with Client(shared_database) as client:
        client.add_job("t")
        result = invoke(*call, url=shared_database)
        assert result.exit_code in (0, 1, 2)
        if result.exit_code:
            assert result.stderr.startswith(("error: ", "warning: "))
            assert "Traceback" not in result.output
            # A value may be repeated; it is not to fill the screen.
            assert len(result.stderr) < 20_000
            [job] = client.list_jobs()
            assert (job.job_state, job.priority, job.attempts) == ("ready", 0, 0)
        assert "\x1b" not in result.output
