"""Tasks of which only so many jobs run at a time in one worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from .._calls.job import Job
from .._tasks.registry import TaskRegistry
from .buffer import Buffer
from .held_jobs import HeldJobs
from .work_signal import WorkSignal


class Claim:
    """The slots that a claim may fill: no other does, until `end` hears what it has brought."""

    def __init__(self, slots: Slots, free: dict[str, int], array: str) -> None:
        self._slots = slots
        self.free = free
        self.array = array
        """Jobs per task of the worker, as a database array: null for a task without slots."""
        self.kept = free
        """The slots that nobody else may fill."""

    def hear(self, jobs: Iterable[Job]) -> None:
        """Hears what the claim has brought, before that is in the buffer: what it has not filled is anybody's.

        The next claim is made while this one's answer is still to be taken in.
        """
        came = self._slots.count(jobs)
        self.kept = {name: min(free, came[name]) for name, free in self.free.items()}

    def end(self, jobs: Sequence[Job] = (), *, is_full: bool = False) -> None:
        """Hears what the claim has brought, once that is in the buffer; `is_full`: as many jobs as it asked for.

        Jobs beyond the slots go back: it may bring as many under a task's name as under each of its aliases.
        """
        self._slots.end(self, jobs, is_full=is_full)


class Slots:
    """The slots of a worker's tasks, which all its lanes share. On the event loop of the worker.

    Nothing is counted up and down: taken are the slots of the jobs that wait in a lane's buffer or run, and of threads
    that go on though their job was stopped; and those that a claim under way may fill. So jobs are never claimed
    beyond the slots, and not ahead of them.
    """

    def __init__(self, tasks: TaskRegistry) -> None:
        self._order = list(tasks)
        self._names = {name: tasks[name].identifier for name in tasks if tasks[name].slots is not None}
        """By the name that jobs have, which may be an alias."""
        self._counts = {name: slots for name in self._names.values() if (slots := tasks[name].slots) is not None}
        self._lanes: list[tuple[Buffer, HeldJobs, WorkSignal]] = []
        self._claims: list[Claim] = []
        self._scarce = set(self._counts)
        """Tasks of which there may be more jobs than the last claim could take."""

    def share(self, buffer: Buffer, held: HeldJobs, work: WorkSignal) -> None:
        """Takes in a lane."""
        self._lanes.append((buffer, held, work))

    def begin(self) -> Claim:
        """Gives the slots that are free to a claim that is made now."""
        taken: Counter[str] = Counter()
        for buffer, held, _ in self._lanes:
            taken.update(self.count(chain(buffer, held.running.values(), held.lost_slots.values())))
        for claim in self._claims:
            taken.update(claim.kept)
        free = {name: max(count - taken[name], 0) for name, count in self._counts.items()}
        numbers = (str(free[self._names[name]]) if name in self._names else "null" for name in self._order)
        begun = Claim(self, free, "{" + ",".join(numbers) + "}")
        self._claims.append(begun)
        return begun

    def count(self, jobs: Iterable[Job]) -> Counter[str]:
        """Counts the jobs per task that has slots."""
        return Counter(self._names[job.task_identifier] for job in jobs if job.task_identifier in self._names)

    def end(self, claim: Claim, jobs: Sequence[Job], *, is_full: bool) -> None:
        """Gives back what a claim has not filled: see Claim."""
        self._claims.remove(claim)
        came: Counter[str] = Counter()
        surplus: set[int] = set()
        for job in jobs:
            if (task := self._names.get(job.task_identifier)) is not None:
                came[task] += 1
                if came[task] > claim.free[task]:
                    surplus.add(job.id)
        for name, free in claim.free.items():
            if came[name] < free and not is_full:
                self._scarce.discard(name)
            else:
                self._scarce.add(name)
        if is_full and len(self._lanes) > 1 and any(came[name] < free for name, free in claim.free.items()):
            # Others may have gone without, while this one kept the slots for itself.
            self._ask()
        for buffer, held, _ in self._lanes if surplus else ():
            held.outcomes.returned.extend(buffer.remove(surplus))

    def free(self, name: str) -> None:
        """Hears that a job of a task has ended, or goes back: there may have been too few slots for others."""
        if self._names.get(name) in self._scarce:
            self._ask()

    def _ask(self) -> None:
        for _, _, work in self._lanes:
            work.ask()
