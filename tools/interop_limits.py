"""Behaviours that tools/interop.py checks: wide queues and limited tasks, beside a runtime that knows of neither.

What docs/limits.md says of workers in Node.js.
"""

from __future__ import annotations

from collections.abc import Callable

from interop_peers import Lab, check

WIDTH = 3


def wide_queues(lab: Lab) -> str:
    task, jobs, queues = "wide", 120, ("wide:a", "wide:b")
    lab.query("select graphile_worker.limit_queue('wide:*', %s)", WIDTH)
    for peer in (lab.node, lab.ours):
        peer.start({task: "record"}, concurrency=4, poll_interval=0.02)
    # Wave by wave, so that both look for the next job at the same time again and again.
    for _ in range(5):
        for adder, _other in lab.pairs:
            adder.add_jobs(
                [{"identifier": task, "payload": {}, "queue_name": queue} for queue in queues] * (jobs // 20)
            )
        lab.await_empty()
    lab.await_("all are told", lambda: len(lab.node.runs(task)) + len(lab.ours.runs(task)) == jobs)
    check(not lab.locks(), lab.locks())
    for peer in (lab.node, lab.ours):
        peer.stop()
    most = 0
    for queue in queues:
        runs = [run for peer in (lab.node, lab.ours) for run in peer.runs(task) if run["queue"] == queue]
        most = max(most, _most_at_once([(int(run["start"]), int(run["end"])) for run in runs]))
    check(1 < most <= WIDTH, f"{most} at once in a queue {WIDTH} wide")
    ran = len(lab.node.runs(task))
    check(0 < ran < jobs, f"node ran {ran} of {jobs}: this has shown nothing")
    lab.query("select graphile_worker.unlimit_queue('wide:*')")
    return f"{jobs} jobs, node ran {ran}; at most {most} at once of {WIDTH}, nothing stuck"


def limited_tasks(lab: Lab) -> str:
    task = "limited"
    lab.query("select graphile_worker.limit_task(%s, 2)", task)
    ids = [adder.add_job(task) for adder, _other in lab.pairs for _ in range(2)]
    lab.node.start({task: "hold"}, concurrency=2)
    lab.node.await_runs(2, task, event="held")
    # It knows of no other task that could keep it busy: it has looked before it runs this one.
    lab.ours.start({task: "record", "limited_marker": "record"})
    lab.ours.add_job("limited_marker", priority=9)
    lab.ours.await_runs(1, "limited_marker")
    check(not lab.ours.runs(task), "ours ran one beside two of node")
    lab.node.call("release")
    lab.await_empty()
    lab.ours.stop()
    lab.node.stop()
    ran = [run["job"] for peer in (lab.node, lab.ours) for run in peer.runs(task)]
    check(sorted(ran) == sorted(ids), f"ran {ran} of {ids}")
    lab.query("select graphile_worker.unlimit_task(%s)", task)
    return "what node runs counts; it looks at none itself"


BEHAVIOURS: tuple[tuple[str, Callable[[Lab], str]], ...] = (
    ("wide queues, drained by both", wide_queues),
    ("a limited task of which node runs jobs", limited_tasks),
)


def _most_at_once(spans: list[tuple[int, int]]) -> int:
    """Spans that touch do not overlap."""
    running = most = 0
    for _, change in sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans]):
        running += change
        most = max(most, running)
    return most
