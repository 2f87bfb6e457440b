"""The jobs and queues of the model (model.py), and what happens to one alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

EXPIRY = timedelta(hours=4)
PARKED = datetime(9999, 1, 1, tzinfo=UTC)
CANCELLED = "graphile_worker:cancelled"
REMOVE = "graphile_worker:remove"


@dataclass
class Spec:
    """A job to be added; None takes the default."""

    task: str
    payload: Any = None
    queue: str | None = None
    run_at: datetime | None = None
    max_attempts: int | None = None
    key: str | None = None
    priority: int | None = None
    flags: list[str] | None = None


@dataclass
class Job:
    id: int
    task: str
    queue: str | None
    payload: Any
    priority: int
    run_at: datetime
    max_attempts: int
    key: str | None
    flags: dict[str, bool] | None
    attempts: int = 0
    last_error: str | None = None
    locked_at: datetime | None = None
    locked_by: str | None = None
    revision: int = 0
    is_superseded: bool = False

    @property
    def is_available(self) -> bool:
        return self.locked_at is None and self.attempts < self.max_attempts

    def is_changeable(self, now: datetime) -> bool:
        """Whether an operator may change it: not running, or for so long that nobody believes it."""
        return self.locked_at is None or self.locked_at < now - EXPIRY

    def unlock(self) -> None:
        self.locked_at = self.locked_by = None

    def uncount_attempt(self) -> None:
        self.attempts = max(self.attempts - 1, 0)

    @property
    def is_cancelled(self) -> bool:
        return CANCELLED in (self.flags or {})

    @property
    def is_to_be_removed(self) -> bool:
        return REMOVE in (self.flags or {})

    def give_up(self, error: str | None) -> None:
        self.attempts, self.last_error = self.max_attempts, error

    def cancel(self, reason: str | None, remove: bool) -> None:
        """While it is claimed: frees its key, and keeps it from being claimed again."""
        self.give_up(cancel_error(reason))
        self.key, self.run_at = None, PARKED
        self.flags = {**(self.flags or {}), CANCELLED: True, **({REMOVE: True} if remove else {})}

    def forget_cancel(self) -> None:
        self.flags = {name: True for name in self.flags or {} if name not in (CANCELLED, REMOVE)} or None

    def detach(self) -> None:
        """Frees its key for another: it goes on running, if it runs, and is never claimed again then."""
        self.key, self.attempts = None, self.max_attempts
        if self.locked_at is not None:
            self.is_superseded, self.run_at = True, PARKED
            self.flags = {**(self.flags or {}), "graphile_worker:superseded": True}


def first_of(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def cancel_error(reason: str | None) -> str:
    return "Cancelled" if reason is None else f"Cancelled: {reason}"


@dataclass
class Queue:
    locked_at: datetime | None = None
    locked_by: str | None = None

    def unlock(self) -> None:
        self.locked_at = self.locked_by = None
