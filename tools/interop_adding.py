"""Behaviours that tools/interop.py checks: adding jobs, and their keys.

Each takes the Lab, and returns what it saw or raises Failure. Nearly all do the same thing twice, with the runtimes in
either role.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from interop_peers import Lab, check, same

EARLY, SOON, LATER = "2020-01-02T03:04:05.678Z", "2900-01-01T00:00:00.000Z", "2950-01-01T00:00:00.000Z"


def each_runs_what_the_other_adds(lab: Lab) -> str:
    full = {
        "queue_name": "letters",
        "run_at": EARLY,
        "max_attempts": 7,
        "job_key": "letter:1",
        "priority": -3,
        "flags": ["a", "b"],
    }
    payload = {"to": "Ada ✉", "n": [1, 2.5, None, True], "nested": {"k": "'\"\\"}}
    for adder, runner in lab.pairs:
        task = f"letter_for_{runner}"
        one = adder.add_job(task, payload, **full)
        many = adder.add_jobs(
            [{"identifier": task, "payload": payload, **full, "job_key": "letter:2"}]
            + [{"identifier": task, "payload": {"n": n}} for n in range(30)]
        )
        runner.start({task: "record"})
        runs = {run["job"]: run for run in runner.await_runs(32, task)}
        check(len(runs) == 32, f"{len(runs)} different jobs of 32 ran")
        for job_id, key in ((one, "letter:1"), (many[0], "letter:2")):
            expected = {"payload": payload, "queue": "letters", "key": key, "priority": -3, "run_at": EARLY}
            expected |= {"attempts": 1, "max_attempts": 7, "flags": {"a": True, "b": True}}
            same(runs[job_id], expected)
        for n, job_id in enumerate(many[1:]):
            expected = {"payload": {"n": n}, "queue": None, "key": None, "priority": 0, "flags": None}
            same(runs[job_id], expected | {"max_attempts": 25})
        lab.await_empty()
        runner.stop()
    return "64 jobs, payload, queue, run_at, max_attempts, key, priority and flags as they were given"


def each_runs_only_its_own_tasks(lab: Lab) -> str:
    for peer in (lab.node, lab.ours):
        peer.start({f"only_{peer}": "record"})
    for adder, _ in lab.pairs:
        adder.add_jobs([{"identifier": f"only_{peer}", "payload": n} for n in range(20) for peer in ("node", "ours")])
    for peer, other in lab.pairs:
        peer.await_runs(40, f"only_{peer}")
        check(not peer.runs(f"only_{other}"), f"{peer} ran jobs of {other}")
    lab.await_empty()
    return "40 jobs each"


def keys_replace(lab: Lab) -> str:
    for first, second in lab.pairs:
        for mode, run_at, payload in (
            ("replace", LATER, {"v": 2}),
            ("preserve_run_at", SOON, {"v": 2}),
            ("unsafe_dedupe", SOON, {"v": 1}),
        ):
            key = f"{mode} {first}"
            before = first.add_job("keyed", {"v": 1}, job_key=key, run_at=SOON, max_attempts=3)
            after = second.add_job("keyed", {"v": 2}, job_key=key, run_at=LATER, max_attempts=9, job_key_mode=mode)
            check(before == after, f"{second} added another job for {key!r}")
            same(
                lab.job(after),
                {
                    "payload": payload,
                    "run_at": _instant(run_at),
                    "revision": 1,
                    "max_attempts": 3 if mode == "unsafe_dedupe" else 9,
                },
            )
        # add_jobs: one flag for all of a call.
        specs = [{"identifier": "keyed", "payload": n, "job_key": f"{n} {first}", "run_at": SOON} for n in range(3)]
        ids = first.add_jobs(specs)
        for keep, run_at in ((True, SOON), (False, LATER)):
            again = second.add_jobs([{**spec, "run_at": LATER} for spec in specs], preserve_run_at=keep)
            check(sorted(ids) == sorted(again), f"add_jobs of {second} replaced {ids} by {again}")
            check(all((lab.job(i) or {})["run_at"] == _instant(run_at) for i in ids), f"run_at, preserved: {keep}")
    return "replace, preserve_run_at and unsafe_dedupe, by add_job and add_jobs, both ways"


def arrays_accumulate(lab: Lab) -> str:
    for first, second in lab.pairs:
        task = f"batch_{second}"
        for adder, items in ((first, [1]), (second, [{"two": 2}, [3]]), (first, ["four"])):
            adder.add_job(task, items, job_key=task)
        second.start({task: "record"})
        found = [run["payload"] for run in second.await_runs(1, task)]
        check(found == [[1, {"two": 2}, [3], "four"]], found)
        lab.await_empty()
        second.stop()
    return "one job with the items of three calls, both ways"


def keys_of_running_jobs(lab: Lab) -> str:
    for runner, other in lab.pairs:
        task = f"held_by_{runner}"
        running = other.add_job(task, {"v": 1}, job_key=task)
        removed = other.add_job(task, {"gone": True}, job_key=f"remove {task}")
        runner.start({task: "hold"})
        runner.await_runs(2, task, event="held")
        successor = other.add_job(task, {"v": 2}, job_key=task)
        check(successor != running, "a job that runs was replaced in place")
        check(other.call("remove_job", job_key=f"remove {task}") == removed, "remove_job of a running job")
        for job_id in (running, removed):
            same(lab.job(job_id), {"key": None, "attempts": 25, "is_available": False})
        runner.call("release")
        runs = runner.await_runs(3, task)
        check(sorted(run["job"] for run in runs) == sorted([running, removed, successor]), runs)
        lab.await_empty()
        runner.stop()
    return "a running job loses its key and is not tried again, its successor runs after it"


def remove_job(lab: Lab) -> str:
    for adder, remover in lab.pairs:
        job_id = adder.add_job("never", job_key=f"remove {adder}")
        check(remover.call("remove_job", job_key=f"remove {adder}") == job_id, "another job came back")
        check(lab.job(job_id) is None, "the job is still there")
        check(remover.call("remove_job", job_key=f"remove {adder}") is None, "removed twice")
    return "either removes by key what the other added"


BEHAVIOURS: tuple[tuple[str, Callable[[Lab], str]], ...] = (
    ("each runs what the other adds", each_runs_what_the_other_adds),
    ("each runs only its own tasks", each_runs_only_its_own_tasks),
    ("keys replace across runtimes", keys_replace),
    ("arrays accumulate across runtimes", arrays_accumulate),
    ("keys of running jobs", keys_of_running_jobs),
    ("remove_job", remove_job),
)


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
