"""Behaviours that tools/interop.py checks: running jobs, stopping, failing and migrating. See interop_adding.py."""

from __future__ import annotations

import importlib.util
import signal
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from interop_peers import PACKAGE, Failure, Lab, check, same
from npm_packages import package


def one_queue_drained_by_both(lab: Lab) -> str:
    jobs, tasks = 240, ("turn_node", "turn_ours", "turn_both")
    for peer in (lab.node, lab.ours):
        peer.start({f"turn_{peer}": "record", "turn_both": "record"}, concurrency=4, poll_interval=0.02)
    expected: list[int] = []
    # Wave by wave, so that both look for the queue's next job at the same time again and again.
    for _ in range(jobs // 12):
        for adder, _other in lab.pairs:
            specs = [{"identifier": task, "payload": {}, "queue_name": "shared"} for task in tasks for _ in range(2)]
            expected += adder.add_jobs(specs)
        lab.await_empty()
        # What they say of a job they say before it is done, but it may not have been read yet.
        _await_ran(lab, len(expected), *tasks)
    ran = {peer: peer.runs(*tasks) for peer in (lab.node, lab.ours)}
    runs = [(run["job"], peer.name, int(run["start"]), int(run["end"])) for peer in ran for run in ran[peer]]
    history = _history()
    leases = [history.Lease(job, "shared", worker, start, end) for job, worker, start, end in runs]
    wrong = history.violations(leases, expected=expected)
    check(not wrong, "\n".join(wrong))
    check(len(leases) == jobs, f"{len(leases)} runs of {jobs} jobs")
    order = [worker for _, worker, _, _ in sorted(runs, key=lambda run: run[2])]
    turns = sum(one != next_one for one, next_one in pairwise(order))
    check(turns > 10, f"only {turns} changes between the two: this has shown nothing")
    return (
        f"{jobs} jobs once each, never two at once; node ran {len(ran[lab.node])}, we {len(ran[lab.ours])},"
        f" {turns} times one after the other"
    )


def forbidden_flags(lab: Lab) -> str:
    for adder, runner in lab.pairs:
        task = f"flagged_{runner}"
        flagged = adder.add_job(task, flags=["gpu", "paused"], priority=-9)
        runner.start({task: "record"}, forbidden_flags=["paused", "other"])
        # Added when the first could long have been taken, and after it in order.
        free = adder.add_job(task, flags=["gpu"])
        check([run["job"] for run in runner.await_runs(1, task)] == [free], "a job with a forbidden flag ran")
        runner.stop()
        same(lab.job(flagged), {"attempts": 0, "locked_by": None})
        runner.start({task: "record"})
        runner.await_runs(2, task)
        lab.await_empty()
        runner.stop()
    return "left alone by either, run without the rule"


def shutdown_leaves_nothing_locked(lab: Lab) -> str:
    seen = []
    for going, other in lab.pairs:
        task = f"long_{going}"
        queued = other.add_job(task, priority=-1, queue_name=f"long {going}")
        ids = [queued, *(other.add_job(task) for _ in range(4))]
        leaving = lab.peer(going.name)
        leaving.start({task: "hold"}, concurrency=1, local_queue=5, signals=True)
        leaving.await_runs(1, task, event="held")
        lab.await_locks(6)
        leaving.process.send_signal(signal.SIGTERM)
        leaving.await_end()
        check(not lab.locks(), lab.locks())
        check([run["job"] for run in leaving.runs(task, event="held")] == [queued], "more than one was started")
        # Node counts the attempt of a job that it interrupts; we do not.
        attempts = [(lab.job(job_id) or {})["attempts"] for job_id in ids]
        check(attempts == [1 if going is lab.node else 0, 0, 0, 0, 0], attempts)
        seen.append(f"{going} {attempts}")
        other.call("reschedule", job_ids=ids)
        other.start({task: "record"})
        check({run["job"] for run in other.await_runs(5, task)} == set(ids), "others ran")
        lab.await_empty()
        other.stop()
    return f"SIGTERM in a job, the other ran it and what waited; attempts counted: {', '.join(seen)}"


def expired_locks(lab: Lab) -> str:
    for dying, survivor in lab.pairs:
        task = f"crash_{dying}"
        first = survivor.add_job(task, queue_name=f"crash {dying}")
        second = survivor.add_job(task, queue_name=f"crash {dying}")
        dead = lab.peer(dying.name)
        dead.start({task: "hold"})
        dead.await_runs(1, task, event="held")
        dead.process.kill()
        dead.await_end()
        check(len(lab.locks()) == 2, lab.locks())
        lab.age_locks()
        if survivor is lab.ours:
            released = survivor.call("release_expired_locks")
            check(released == [first], f"released {released}")
            check(not lab.locks(), lab.locks())
        survivor.start({task: "record"}, reset_locked=True)
        runs = survivor.await_runs(2, task)
        check({(run["job"], run["attempts"]) for run in runs} == {(first, 2), (second, 1)}, runs)
        lab.await_empty()
        survivor.stop()
    return "jobs and queue of either, killed, were freed and run by the other"


def migrations_find_nothing_to_do(lab: Lab) -> str:
    ledger = lab.query("select * from graphile_worker.migrations order by id")
    lab.node.call("migrate")
    said = [line for line in lab.node.logged() if "igration" in line or line.startswith(("warn", "error: Database"))]
    check(not said, said)
    check(lab.query("select * from graphile_worker.migrations order by id") == ledger, "node changed the ledger")
    done = lab.ours.call("migrate")
    check(done == [], f"after node's migration ours has to put right: {done}")
    lab.node.start({"after_migration": "record"})
    lab.ours.add_job("after_migration")
    lab.node.await_runs(1, "after_migration")
    lab.await_empty()
    return f"node at {ledger[-1]['id']}, ours up to date, node goes on working"


def migrate_restores_our_functions(lab: Lab) -> str:
    theirs = package(PACKAGE) / "node_modules" / "graphile-worker" / "sql" / "000020.sql"
    lab.connection.execute(theirs.read_text().replace(":GRAPHILE_WORKER_SCHEMA", "graphile_worker").encode())
    try:
        lab.node.add_job("restored")
    except Failure as error:
        check("42P10" in str(error), error)
    else:
        raise Failure("node's own add_job works on our index: the documentation is out of date")
    restored = lab.ours.call("migrate")
    check(restored == ["functions"], restored)
    lab.ours.start({"restored": "record"})
    lab.node.add_job("restored", job_key="restored")
    lab.ours.await_runs(1, "restored")
    return "add_job and add_jobs of an upstream migration fail with 42P10 until ours has run again"


def failures_are_retried_by_the_other(lab: Lab) -> str:
    for failing, other in lab.pairs:
        task = f"fails_in_{failing}"
        job_id = other.add_job(task, {"n": 1}, queue_name=f"fails in {failing}")
        last = other.add_job(task, {"n": 2}, max_attempts=1)
        failing.start({task: "fail"})
        failing.await_runs(2, task)
        lab.await_locks(0)
        failing.stop()
        language = "node" if failing is lab.node else "python"
        check(all(f"boom in {language}" in error for error in _errors(lab, job_id, last)), _errors(lab, job_id, last))
        listed = lab.query("select id, last_error from graphile_worker.list_jobs('failed') where id = %s", last)
        check(len(listed) == 1, f"list_jobs('failed') has {listed}")
        # Without being told to, once the retry is due, and only the one that has an attempt left.
        other.start({task: "record"})
        runs = other.await_runs(1, task)
        # On a slow machine the first retry may have been due before the worker stopped.
        tried = [run["job"] for run in failing.runs(task)]
        check(tried.count(last) == 1, tried)
        check([(run["job"], run["attempts"]) for run in runs] == [(job_id, 1 + tried.count(job_id))], runs)
        # Brought back by an operator of the other runtime.
        check(other.call("reschedule", job_ids=[last], max_attempts=2) == [last], "it was not rescheduled")
        check(other.await_runs(2, task)[-1]["job"] == last, "another one ran")
        lab.await_empty()
        other.stop()
    return "retried after its pause, out of attempts: listed as failed, run after rescheduling, both ways"


def notifications(lab: Lab) -> str:
    hour = 3600.0
    for peer in (lab.node, lab.ours):
        peer.start({f"wake_{peer}": "record"}, poll_interval=hour)
    lab.await_listeners()
    seen = []
    for adder, runner in lab.pairs:
        task, delays = f"wake_{runner}", []
        for count in range(1, 6):
            added = time.monotonic_ns()
            adder.add_job(task)
            delays.append((int(runner.await_runs(count, task)[-1]["start"]) - added) / 1e6)
            lab.await_empty()
        seen.append(f"{runner} starts what {adder} added after {sorted(delays)[2]:.0f} ms")
        check(sorted(delays)[2] < 10_000, f"{runner} took {delays} ms")
    return f"polling once an hour, {', '.join(seen)}"


BEHAVIOURS: tuple[tuple[str, Callable[[Lab], str]], ...] = (
    ("one queue, drained by both", one_queue_drained_by_both),
    ("forbidden flags", forbidden_flags),
    ("shutdown leaves nothing locked", shutdown_leaves_nothing_locked),
    ("expired locks", expired_locks),
    ("failures", failures_are_retried_by_the_other),
    ("notifications wake idle workers", notifications),
    ("migrations find nothing to do", migrations_find_nothing_to_do),
    ("functions overwritten by another migration", migrate_restores_our_functions),
)


def _await_ran(lab: Lab, count: int, *tasks: str) -> None:
    """Waits until both together have said of so many runs that they ended."""
    lab.await_(f"{count} have run", lambda: sum(len(peer.runs(*tasks)) for peer in (lab.node, lab.ours)) >= count)


def _errors(lab: Lab, *job_ids: int) -> list[str]:
    """Returns what the jobs failed with; empty until all have."""
    errors = [(lab.job(job_id) or {}).get("last_error") for job_id in job_ids]
    return [str(error) for error in errors] if all(errors) else []


def _history() -> Any:
    """Loads the checker of histories that the tests use, too."""
    path = Path(__file__).parents[1] / "tests" / "py" / "support" / "history.py"
    spec = importlib.util.spec_from_file_location("history", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
