"""Behaviours that tools/interop.py checks: tasks with policies, and cancelled jobs, in a runtime that knows of neither.

What docs/policies.md says under "Beside other runtimes".
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from interop_peers import Lab, check, same


def node_fails_and_completes_as_before(lab: Lab) -> str:
    task = "policed_retry"
    _set_policy(lab, task, retry='{"kind": "fixed", "delays": ["1h"]}', max_attempts=2, priority=7)
    for adder, _other in lab.pairs:
        failing, fine = adder.add_job(task, {"fails": True}), adder.add_job(task, {}, max_attempts=9, priority=1)
        for job_id, expected in ((failing, (2, 7)), (fine, (9, 1))):
            same(lab.job(job_id), dict(zip(("max_attempts", "priority"), expected, strict=True)))
        lab.node.start({task: "fail marked"})
        # Twice, the second time soon: by Node's own formula, not an hour later.
        _await_failed(lab, failing)
        lab.node.stop()
        tried = [run["attempts"] for run in lab.node.runs(task) if run["job"] == failing]
        check(tried == [1, 2], f"attempts {tried}")
        same(lab.job(failing), {"attempts": 2, "last_error": "boom in node"})
        check(lab.job(fine) is None, "the other one was not completed")
        lab.connection.execute("delete from graphile_worker._private_jobs")
    return "max_attempts and priority of the policy for what either adds without; its retry delay is ours alone"


def expired_jobs(lab: Lab) -> str:
    task = "policed_expiry"
    _set_policy(lab, task, expires_after="1 hour")
    late = [adder.add_job(task, run_at="2020-01-01T00:00:00Z") for adder, _other in lab.pairs]
    lab.node.start({task: "record"})
    check({run["job"] for run in lab.node.await_runs(2, task)} == set(late), "node did not run them")
    lab.await_empty()
    lab.node.stop()
    late = [adder.add_job(task, run_at="2020-01-01T00:00:00Z") for adder, _other in lab.pairs]
    lab.ours.start({task: "record"})
    _await_failed(lab, *late)
    lab.ours.stop()
    check(not lab.ours.runs(task), "ours ran one")
    for job_id in late:
        same(lab.job(job_id), {"last_error": "Expired: not started in time", "attempts": 25})
    return "node runs them where it is first, ours lets them fail, whoever added them"


def cancelled_jobs(lab: Lab) -> str:
    for adder, _other in lab.pairs:
        fine, failing = f"cancelled_fine_{adder}", f"cancelled_failing_{adder}"
        ids = [adder.add_job(task, job_key=f"cancelled {task}") for task in (fine, failing, failing)]
        ids[1] = adder.add_job(failing)
        lab.node.start({fine: "hold", failing: "hold and fail"}, concurrency=3)
        lab.await_locks(3)
        _cancel(lab, ids[:2], "asked")
        _cancel(lab, ids[2:], "asked", remove=True)
        successor = adder.add_job(fine, job_key=f"cancelled {fine}", run_at="2100-01-01T00:00:00Z")
        check(successor not in ids, "the key of a cancelled job is still taken")
        check(not lab.node.runs(fine, failing), "node has stopped one")
        lab.node.call("release")
        lab.await_locks(0)
        lab.node.stop()
        check(lab.job(ids[0]) is None, "what was completed is not done")
        for job_id in ids[1:]:
            same(lab.job(job_id), {"last_error": "boom in node"})
            check(_failed(lab, job_id), f"is tried again: {lab.job(job_id)}")
        lab.connection.execute("delete from graphile_worker._private_jobs")
    return "node goes on with them: done where it completes, failed for good where it fails, even those to be removed"


def cancelled_jobs_that_are_returned(lab: Lab) -> str:
    task = "cancelled_returned"
    held = lab.ours.add_job(task, priority=-1)
    kept, removed = lab.ours.add_job(task), lab.node.add_job(task)
    leaving = lab.peer("node")
    leaving.start({task: "hold"}, concurrency=1, local_queue=5, signals=True)
    leaving.await_runs(1, task, event="held")
    lab.await_locks(3)
    _cancel(lab, [kept], "asked")
    _cancel(lab, [removed], "asked", remove=True)
    leaving.process.send_signal(signal.SIGTERM)
    leaving.await_end()
    check([run["job"] for run in leaving.runs(task, event="held")] == [held], "more than one was started")
    check(not lab.locks(), lab.locks())
    lab.ours.call("reschedule", job_ids=[held])
    # Whoever looks claims the job that was held, and neither of the others.
    for peer in (lab.node, lab.ours):
        peer.start({task: "record"})
    lab.await_("the first one is done", lambda: lab.job(held) is None)
    marker = lab.node.add_job(task)
    lab.await_("another one is done", lambda: lab.job(marker) is None)
    for peer in (lab.node, lab.ours):
        peer.stop()
    ran = {run["job"] for peer in (lab.node, lab.ours) for run in peer.runs(task)}
    check(ran == {held, marker}, f"ran {ran}")
    lab.ours.call("release_expired_locks")
    same(lab.job(kept), {"last_error": "Cancelled: wrong file"})
    check(_failed(lab, kept), f"is not failed: {lab.job(kept)}")
    check(lab.job(removed) is None, "it was to be removed")
    return "claimed by nobody, failed or removed at the next release_expired_locks"


BEHAVIOURS: tuple[tuple[str, Callable[[Lab], str]], ...] = (
    ("policies, of jobs that node runs", node_fails_and_completes_as_before),
    ("expired jobs", expired_jobs),
    ("cancelled jobs that node runs", cancelled_jobs),
    ("cancelled jobs that node returns", cancelled_jobs_that_are_returned),
)


def _set_policy(lab: Lab, task: str, **values: Any) -> None:
    named = ", ".join(f"{name} => %s" for name in values)
    lab.query(f"select from graphile_worker.set_task_policy(%s, {named})", task, *values.values())


def _cancel(lab: Lab, job_ids: list[int], expected: str, *, remove: bool = False) -> None:
    query = "select id, outcome from graphile_worker.cancel_jobs(%s, 'wrong file', remove => %s)"
    outcomes = {row["id"]: row["outcome"] for row in lab.query(query, job_ids, remove)}
    check(outcomes == dict.fromkeys(job_ids, expected), outcomes)


def _await_failed(lab: Lab, *job_ids: int) -> None:
    lab.await_(f"{job_ids} have failed for good", lambda: all(_failed(lab, job_id) for job_id in job_ids))


def _failed(lab: Lab, job_id: int) -> bool:
    return bool(lab.query("select from graphile_worker.list_jobs('failed') where id = %s", job_id))
