"""Checks that file = module = test: what is in a room has a test file of its name in the folder of that room.

    python tools/check_tests.py

A module that has none stands in COVERED, with the test that would fail if it were broken. What needs several modules
has folders of its own, FOLDERS. Prints a line for each thing that is wrong; exits 1 when there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "py" / "graphile_worker"
TESTS = ROOT / "tests" / "py"
SQL = ROOT / "sql"
SQL_TESTS = ROOT / "tests" / "sql"

FOLDERS = {
    "commands": "command lines as people of the other runtimes type them: one table",
    "concurrency": "several sessions, or what all functions do together",
    "databases": "odd databases, old ones, and poolers in front of them",
    "docs": "examples and documents",
    "faults": "what dies, hangs, fails and comes back",
    "install": "the ways to install and to take over",
    "schedules": "the calendar in SQL against that in Python; schedulers, kills and edits for a week",
    "security": "those who mean harm",
    "support": "what tests of several folders use; no tests",
    "tools": "what the tests and tools rest on",
}
"""Of tests/py, besides the rooms."""

COVERED = {
    "admin/database": "security/test_page.py",
    "admin/api/context": "admin/door/test_guard.py",
    "admin/door/devices": "admin/door/test_auth.py",
    "admin/door/shield": "admin/door/test_guard.py",
    "basis/option_fields": "worker/test_options.py",
    "basis/releases": "schema/test_farewell.py",
    "basis/version": "cli/test_app.py",
    "calls/call": "client/test_async_operations.py",
    "calls/crontab_rows": "client/test_async_client_crontabs.py",
    "calls/crontabs": "client/test_async_client_crontabs.py",
    "calls/health_rows": "client/test_async_operations.py",
    "calls/housekeeping": "worker/test_expired_locks.py",
    "calls/limit_rows": "calls/test_operating.py",
    "calls/operator_rows": "client/test_async_operations.py",
    # For type checkers alone.
    "calls/options": "client/test_async_client_delays.py",
    "calls/policy_rows": "client/test_async_operations.py",
    "calls/publishing": "worker/test_policies.py",
    "calls/rows": "client/test_async_operations.py",
    "calls/schedule_rows": "client/test_async_schedules.py",
    "calls/scheduling": "worker/test_schedules.py",
    "calls/worker_statements": "calls/test_statements.py",
    "cli/bulk": "cli/test_manage.py",
    "cli/explain": "cli/test_failure.py",
    "cli/main": "cli/test_app.py",
    "cli/progress": "cli/test_manage.py",
    "cli/recovery": "cli/test_config.py",
    "cli/registry": "cli/test_run.py",
    "cli/watch": "cli/test_stats.py",
    "client/async_limits": "calls/test_operating.py",
    "client/async_reports": "client/test_async_operations.py",
    "client/client": "client/test_async_client.py",
    "client/interception": "client/test_async_client_hooks.py",
    "client/limits": "calls/test_operating.py",
    "client/operations": "client/test_async_operations.py",
    "client/pool": "client/test_async_pool.py",
    "client/reports": "client/test_async_operations.py",
    "client/schedules": "client/test_async_schedules.py",
    "contrib/django/apps": "contrib/django/management/commands/test_graphile_worker.py",
    "contrib/django/connections": "contrib/django/test_handlers.py",
    "contrib/django/process": "contrib/django/management/commands/test_graphile_worker.py",
    "contrib/django/models": "contrib/django/test_testing.py",
    "contrib/django/discovered": "contrib/django/management/commands/test_graphile_worker.py",
    "contrib/driver": "contrib/test_sqlalchemy.py",
    "embedded/control": "embedded/test_server.py",
    "embedded/errors": "embedded/test_cluster.py",
    "hooks/decisions": "hooks/test_hooks.py",
    "hooks/plain": "client/test_async_client_hooks.py",
    "recovery/alarm": "recovery/test_heartbeat.py",
    "recovery/lifeline": "recovery/test_heartbeat.py",
    "recovery/worker_loop": "faults/test_fencing.py",
    "tasks/elsewhere": "tasks/test_executors.py",
    "tasks/errors": "tasks/test_processes.py",
    "tasks/guard_process": "tasks/test_guard.py",
    "tasks/home": "tasks/test_far_client.py",
    "tasks/program": "tasks/test_executors.py",
    "tasks/run": "tasks/test_transaction.py",
    "testing/borrowing": "testing/test_plain.py",
    "testing/isolated": "testing/test_drain.py",
    "testing/jobs": "testing/test_drain.py",
    "testing/stopping": "testing/test_drain_policies.py",
    "wire/adapters": "wire/test_connections.py",
    "wire/async_permits": "wire/test_permits.py",
    "wire/async_pinning": "wire/test_settings.py",
    "wire/async_wait": "wire/test_deadline.py",
    "wire/pinning": "wire/test_settings.py",
    "wire/prepared": "wire/test_pipeline.py",
    "wire/sessions": "wire/test_settings.py",
    "wire/shown_adapters": "cli/test_text.py",
    "wire/wait": "wire/test_deadline.py",
    "worker/arguments": "worker/test_options.py",
    "worker/buffer": "worker/test_local_queue.py",
    "worker/clock": "worker/test_cron_scheduler.py",
    "worker/schedule_teller": "worker/test_schedules.py",
    "worker/dispatch": "faults/test_fencing.py",
    "worker/shared": "worker/test_lanes.py",
    "worker/shutdown": "worker/test_worker_stopping.py",
    "worker/worker_cron": "faults/test_ticks.py",
}
"""Modules without a test file of their own, and the one, below tests/py, that tests them."""


def main() -> int:
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


def problems() -> Iterator[str]:
    """Yields a line for each thing that is wrong."""
    yield from modules()
    yield from test_files()
    yield from imports()
    yield from functions()


def rooms() -> dict[str, set[str]]:
    """Returns the modules of each room, both by their names without underscores: those that tests have."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if path.name.startswith("__"):
            continue
        room = "/".join(part.lstrip("_") for part in path.parent.relative_to(PACKAGE).parts)
        found.setdefault(room, set()).add(path.stem.lstrip("_"))
    return found


def tested(test: Path, modules: set[str]) -> str | None:
    """Returns the module that a test file is named after: `run` for test_run.py, and for test_run_once.py, too."""
    name = test.stem.removeprefix("test_")
    return max((module for module in modules if f"{name}_".startswith(f"{module}_")), key=len, default=None)


def modules() -> Iterator[str]:
    """Yields modules that nothing tests, and lines of the table that are not true any more."""
    known = set()
    for room, names in sorted(rooms().items()):
        with_test = {tested(test, names) for test in (TESTS / room).glob("test_*.py")}
        for name in sorted(names):
            module = f"{room}/{name}".lstrip("/")
            known.add(module)
            if name not in with_test and module not in COVERED:
                yield f"{module}: no tests/py/{room}/test_{name}.py, and no line in {Path(__file__).name}"
            if name in with_test and module in COVERED:
                yield f"{module}: has a test of its own, so it needs no line in {Path(__file__).name}"
    for module, test in COVERED.items():
        if module not in known:
            yield f"{module}: there is no such module, but a line in {Path(__file__).name}"
        if not (TESTS / test).is_file():
            yield f"{module}: there is no tests/py/{test}, which {Path(__file__).name} names"


def test_files() -> Iterator[str]:
    """Yields test files that stand where they do not belong."""
    found = rooms()
    for test in sorted(TESTS.rglob("test_*.py")):
        folder = test.parent.relative_to(TESTS).as_posix()
        where = test.relative_to(ROOT)
        if folder in FOLDERS:
            if folder == "support":
                yield f"{where}: support has no tests"
        elif folder not in found or folder == ".":
            yield f"{where}: in no room and in no folder of its own: {', '.join(FOLDERS)}"
        elif tested(test, found[folder]) is None:
            yield f"{where}: {folder} has no such module; what needs several goes to {', '.join(FOLDERS)}"


def imports() -> Iterator[str]:
    """Yields what one test file takes from another: it belongs into a module that is none."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for module in re.findall(r"^\s*(?:from|import) (tests\.[\w.]*\btest_\w+)", path.read_text(), re.MULTILINE):
            yield f"{path.relative_to(ROOT)}: imports {module}; what tests share lives in a module without tests"


def functions() -> Iterator[str]:
    """Yields SQL functions and views without a test, and tests without them."""
    sources = {path.relative_to(SQL / "functions") for path in (SQL / "functions").rglob("*.sql")}
    sources |= {path.relative_to(SQL) for path in (SQL / "views").glob("*.sql")}
    wanted = {path.with_name(f"test_{path.name}") for path in sources}
    # Those of the schema as a whole stand above the rooms.
    there = {path.relative_to(SQL_TESTS) for path in SQL_TESTS.glob("*/**/test_*.sql")}
    for path in sorted(wanted - there):
        yield f"tests/sql/{path} is missing"
    # A second file of a function is called after an aspect.
    for path in sorted(there - wanted):
        if not any(path.parent == file.parent and path.stem.startswith(f"{file.stem}_") for file in wanted):
            yield f"tests/sql/{path}: there is no such function or view"


if __name__ == "__main__":
    sys.exit(main())
