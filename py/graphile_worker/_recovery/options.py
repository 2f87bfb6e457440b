"""How a worker shows that it is alive, and what it does about others that do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .._basis.arguments import duration, integer, text
from .._basis.errors import require
from .._basis.option_fields import check_fields, flag_names, number

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How a worker shows that it is alive, and takes back what dead ones hold. The same for all workers of a schema.

    Raises InvalidArgument for a bad value.

    >>> Recovery(sweep_threshold=timedelta(minutes=2)).heartbeat_interval
    datetime.timedelta(seconds=30)
    """

    heartbeat_interval: timedelta = timedelta(seconds=30)
    """How often the worker says that it lives, from a thread and on a connection of its own."""
    sweep_interval: timedelta = timedelta(seconds=60)
    """How often it looks for others that have not said so."""
    sweep_threshold: timedelta = timedelta(minutes=5)
    """Who has not said so for that long is dead; three heartbeats at least."""
    recovery_delay: timedelta = timedelta(seconds=30)
    """When the jobs of such a one are due again."""
    connection_grace: timedelta | None = timedelta(seconds=5)
    """Who has lost the connection of its heartbeats, and is not back after this time, is dead, too; its jobs are due at
    once. None goes by heartbeats alone."""
    resilient_flags: tuple[str, ...] = ("infrastructure_resilient",)
    """A worker that holds a job with one of these is judged by heartbeats alone, and more patiently:"""
    resilient_multiplier: float = 3.0
    """so many times the threshold."""
    max_crashes: int | None = 5
    """A job that was taken back for so many times is failed for good: it is what kills workers. None for no limit."""
    orphans_like: str | None = r"graphile\_worker\_%"
    """Who holds jobs without having registered is dead after the threshold if its id is LIKE this; None for nobody."""

    def __post_init__(self) -> None:
        durations = ("heartbeat_interval", "sweep_interval", "sweep_threshold", "recovery_delay", "connection_grace")
        check_fields(
            self,
            **dict.fromkeys(durations, duration),
            resilient_flags=flag_names,
            resilient_multiplier=number,
            max_crashes=integer,
            orphans_like=text,
        )
        for name in durations[:3]:
            require(getattr(self, name) > _ZERO, name, getattr(self, name), "more than 0")
        least = 3 * self.heartbeat_interval
        require(
            self.sweep_threshold >= least, "sweep_threshold", self.sweep_threshold, f"{least} or more: 3 heartbeats"
        )
        require(self.recovery_delay >= _ZERO, "recovery_delay", self.recovery_delay, "0 or more")
        grace = self.connection_grace
        require(grace is None or grace >= timedelta(seconds=1), "connection_grace", grace, "1 s or more, or None")
        multiplier = self.resilient_multiplier
        require(1 <= multiplier <= 1000, "resilient_multiplier", multiplier, "1 to 1000")
        require(
            self.max_crashes is None or self.max_crashes >= 1, "max_crashes", self.max_crashes, "1 or more, or None"
        )
