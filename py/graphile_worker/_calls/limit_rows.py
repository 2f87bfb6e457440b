"""What limits are, and the row that `list_limits` returns, as a typed value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypedDict


class Rate(TypedDict, total=False):
    """So many jobs may start `per` interval, a minute by default, `burst` of them at once, by default as many as that.

    `weight_by`: the attribute of the payload that says for how many a job counts.
    """

    rate: float | None
    per: timedelta | None
    burst: int | None
    weight_by: str | None


class PublishedQueueLimit(Rate, total=False):
    """A limit of a queue, or of each queue of a pattern, as code says it.

    `width`: so many of its jobs at once, 1 where nothing is set. `share`: of limited queues in which jobs wait the one
    comes next that runs the fewest by its share, 1 where nothing is set.
    """

    width: int | None
    share: float | None


class QueueLimit(PublishedQueueLimit, total=False):
    """A limit of a queue, or of each queue of a pattern, as an operator sets it; None leaves a value as it is.

    `unlimited`: no limit holds, whatever workers have published.
    """

    unlimited: bool
    reason: str | None


class TaskLimit(Rate, total=False):
    """A limit of a task, as an operator sets it; None leaves a value as it is.

    `max_running`: so many of its jobs at once. `unlimited`: no limit holds, whatever workers have published.
    """

    max_running: int | None
    unlimited: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSummary:
    """A limit that holds, of a task, a queue, or the queues of a pattern; None is as without it.

    `max_running`: of a queue and of each one of a pattern how many of its jobs run at once. `running`: those that
    somebody holds now. `tokens`: for how many jobs there is room within the rate; `next_at`: when there is for one.
    `held_back`: how many jobs are due and wait for this limit, `capped`: or more. Those three of a pattern are None:
    each of its queues has its own. `from_operator`: the values an operator has set; the rest workers have published.
    """

    kind: Literal["task", "queue", "pattern"]
    name: str
    max_running: int | None
    running: int
    rate: float | None
    per: timedelta | None
    burst: int | None
    weight_by: str | None
    share: float | None
    tokens: float | None
    next_at: datetime | None
    held_back: int | None
    capped: bool
    from_operator: list[str]
    set_at: datetime
    set_by: str
    reason: str | None
