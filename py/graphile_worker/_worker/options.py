"""What a worker can be told, checked when it is told."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from .._basis.arguments import Check, boolean, duration, integer, of
from .._basis.errors import InvalidArgument, require
from .._basis.option_fields import check_fields, flag_names, name_patterns, queue_patterns
from .._recovery.options import Recovery

FlagFunction = Callable[[], Iterable[str] | Awaitable[Iterable[str] | None] | None]
"""What says which flags are forbidden for the moment."""
_ZERO = timedelta(0)
_LONGEST_RESET_INTERVAL = timedelta(hours=1)
"""A worker without heartbeats renews its own locks at that rate, which are taken for left behind after four hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefetchDelay:
    """How long a local queue waits after a fetch that brought `threshold` jobs or fewer, so that an empty database is
    not asked again at every notification: half of `duration` to all of it, at random. Notifications of as many jobs as
    a random number up to `max_abort_threshold` end the wait early. `duration` is at most the poll interval, `threshold`
    less than the size of the local queue.

    >>> RefetchDelay(duration=timedelta(milliseconds=200)).threshold
    0
    """

    duration: timedelta = timedelta(milliseconds=100)
    threshold: int = 0
    max_abort_threshold: int | None = None
    """Five times the size of the local queue when None."""

    def __post_init__(self) -> None:
        check_fields(self, duration=duration, threshold=integer, max_abort_threshold=integer)
        require(self.duration > _ZERO, "refetch delay duration", self.duration, "more than 0")
        require(self.threshold >= 0, "refetch delay threshold", self.threshold, "0 or more")
        abort = self.max_abort_threshold
        require(abort is None or abort >= 1, "max_abort_threshold", abort, "1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalQueue:
    """Keeps up to `size` claimed jobs waiting in memory, instead of a read-ahead that adapts.

    Those do not count, up to `size` as well, that will start within the worker's `read_ahead` at the rate jobs have
    just been finishing. What has not started after `ttl` goes back to the database. `queue_count` local queues, each
    with its own connection and `size`, share the worker's concurrency.

    >>> LocalQueue(size=500, refetch_delay=RefetchDelay()).ttl
    datetime.timedelta(seconds=300)
    """

    size: int = 100
    ttl: timedelta = timedelta(minutes=5)
    refetch_delay: RefetchDelay | None = None
    queue_count: int = 1

    def __post_init__(self) -> None:
        check_fields(self, size=integer, ttl=duration, refetch_delay=of(RefetchDelay), queue_count=integer)
        require(self.size >= 1, "local queue size", self.size, "1 or more")
        require(self.ttl > _ZERO, "local queue ttl", self.ttl, "more than 0")
        require(self.queue_count >= 1, "queue_count", self.queue_count, "1 or more")
        if (delay := self.refetch_delay) is not None:
            rule = (
                f"less than the size of the local queue, {self.size}: a fetch that brings all is followed by the next"
            )
            require(delay.threshold < self.size, "refetch delay threshold", delay.threshold, rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Every option of a worker; `Worker` takes them as keyword arguments. Raises InvalidArgument for a bad value.

    >>> WorkerOptions(concurrency=10).poll_interval
    datetime.timedelta(seconds=1)
    """

    schema: str = "graphile_worker"
    concurrency: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Jobs that run at the same time."""
    poll_interval: timedelta = timedelta(seconds=1)
    """The longest a job that is due waits for an idle worker: scheduled ones, and those whose notification was lost."""
    use_notifications: bool = True
    """LISTEN on a connection of its own; off for PgBouncer in transaction mode."""
    use_local_time: bool = False
    """This machine's clock, instead of the server's, decides what is due and when a retry is."""
    prepare_statements: bool = True
    """Off for a connection pooler that does not know prepared statements."""
    forbidden_flags: tuple[str, ...] | FlagFunction = ()
    """Jobs with any of these are left to others. A function, async or not, is asked before each claim, on the event
    loop: it returns names, or None, soon. While it raises nothing is claimed."""
    only_tasks: tuple[str, ...] = ()
    """Run only these of the registry's tasks: names, or how they begin with a * at the end: `mail:*`."""
    not_tasks: tuple[str, ...] = ()
    """Run all but these."""
    only_queues: tuple[str, ...] = ()
    """Take only jobs of these queues; an empty name stands for jobs without a queue, which are left to others, too."""
    not_queues: tuple[str, ...] = ()
    """Take jobs of all queues but these; jobs without a queue are taken."""
    grace_period: timedelta = timedelta(seconds=5)
    """How long running jobs may go on after the worker was asked to stop, and threads after their job was."""
    interrupted_job_retry_delay: timedelta = timedelta(seconds=30)
    """When a job that was interrupted by a shutdown is due again."""
    read_ahead: timedelta = timedelta(milliseconds=20)
    """Claim also what will start within this time at the rate jobs have just been finishing; 0 for nothing."""
    local_queue: LocalQueue | None = None
    """Claim ahead by a fixed number of jobs instead."""
    complete_batch_delay: timedelta = _ZERO
    """Wait up to this long for further completed jobs before handing them in together."""
    fail_batch_delay: timedelta = _ZERO
    """The same for failed jobs; a retry is still counted from its own failure."""
    blocked_after: timedelta = timedelta(seconds=1)
    """Name in the log a job that has blocked the event loop for so long, once; 0 for never. Needs `recovery`."""
    on_blocked: Literal["warn", "exit"] = "warn"
    """With exit the process ends, its exit code is 70, when the event loop has been blocked for `blocked_exit_after`,
    so that others recover the jobs: not in a process that is not the worker's alone. Needs `recovery`."""
    blocked_exit_after: timedelta = timedelta(minutes=1)
    recovery: Recovery | None = field(default_factory=Recovery)
    """Heartbeats, and recovery of what dead workers hold; None for neither."""
    min_reset_locked_interval: timedelta = timedelta(minutes=8)
    """Look for locks that somebody left behind hours ago, and free them, at the start and after this time ..."""
    max_reset_locked_interval: timedelta = timedelta(minutes=10)
    """... at least, and this at most, at random, so that many workers do not come at once. Up to an hour."""
    max_pool_size: int = 20
    """Connections that handlers share through their context, when the worker makes its own pool."""
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Whatever handlers need: `context.state["mailer"]`."""

    def __post_init__(self) -> None:
        check_fields(self, **_CHECKS)
        require(self.poll_interval > _ZERO, "poll_interval", self.poll_interval, "more than 0")
        require(self.on_blocked in ("warn", "exit"), "on_blocked", self.on_blocked, "warn or exit")
        require(self.blocked_exit_after > _ZERO, "blocked_exit_after", self.blocked_exit_after, "more than 0")
        if self.on_blocked == "exit" and self.recovery is None:
            raise InvalidArgument(
                "on_blocked is exit, and recovery is off", hint="It is recovery that sees the blocked"
            )
        shortest, longest = self.min_reset_locked_interval, self.max_reset_locked_interval
        require(shortest > _ZERO, "min_reset_locked_interval", shortest, "more than 0")
        rule = f"from min_reset_locked_interval, {shortest}, to 1 hour: at that rate a worker renews its own locks, too"
        require(shortest <= longest <= _LONGEST_RESET_INTERVAL, "max_reset_locked_interval", longest, rule)
        if self.local_queue is not None and callable(self.forbidden_flags):
            raise InvalidArgument(
                "forbidden_flags is a function, and there is a local queue",
                hint="Leave out one of them: of jobs that wait in memory it would not be asked",
            )
        if self.local_queue is not None and (delay := self.local_queue.refetch_delay) is not None:
            rule = f"at most the poll_interval, {self.poll_interval}"
            require(delay.duration <= self.poll_interval, "refetch delay duration", delay.duration, rule)
        for names, least in ((_COUNTS, 1), (_DURATIONS, _ZERO)):
            for name in names:
                value = getattr(self, name)
                require(value >= least, name, value, "1 or more" if least else "0 or more")

    @property
    def blocked_exit_seconds(self) -> float:
        """The seconds after which a blocked event loop ends the process; 0 for never."""
        return self.blocked_exit_after.total_seconds() if self.on_blocked == "exit" else 0.0


_COUNTS = ("concurrency", "max_pool_size")
_RESETS = ("min_reset_locked_interval", "max_reset_locked_interval")
_DURATIONS = (
    "grace_period", "interrupted_job_retry_delay", "read_ahead", "complete_batch_delay", "fail_batch_delay",
    "blocked_after",
)  # fmt: skip
_CHECKS: dict[str, Check] = {
    **dict.fromkeys(_COUNTS, integer),
    **dict.fromkeys(("use_notifications", "use_local_time", "prepare_statements"), boolean),
    **dict.fromkeys(("poll_interval", "blocked_exit_after", *_RESETS, *_DURATIONS), duration),
    "schema": of(str),
    "on_blocked": of(str),
    "forbidden_flags": lambda value, name: value if callable(value) else flag_names(value, name),
    "only_tasks": name_patterns,
    "not_tasks": name_patterns,
    "only_queues": queue_patterns,
    "not_queues": name_patterns,
    "local_queue": of(LocalQueue),
    "recovery": of(Recovery),
    "state": of(Mapping),
}
