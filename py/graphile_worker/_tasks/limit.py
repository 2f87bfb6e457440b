"""What the code of an application says of how many jobs run at once, and how many start in a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .._basis.arguments import duration, integer, number, refuse, text
from .._basis.errors import InvalidArgument
from .._calls.limit_rows import PublishedQueueLimit
from .._calls.retries import written

_PERS = timedelta(milliseconds=1), timedelta(days=365_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of a task over all workers; see docs/limits.md. Raises InvalidArgument for values out of bounds.

    `max_running`: so many of its jobs at once. `rate`: so many may start `per` interval, a minute by default, `burst`
    of them at once, by default as many as the rate. `weight_by`: the attribute of the payload that says for how many a
    job counts.

    >>> Limit(max_running=5, rate=100, burst=20).document()
    {'max_running': 5, 'rate': 100, 'burst': 20}
    """

    max_running: int | None = None
    rate: float | None = None
    per: timedelta | None = None
    burst: int | None = None
    weight_by: str | None = None

    def __post_init__(self) -> None:
        if self.max_running is None and self.rate is None:
            raise InvalidArgument("a Limit that limits nothing", hint="Give max_running, rate, or both")
        self.document()

    def document(self) -> dict[str, Any]:
        """Returns what the database is to know of it."""
        _within(self.max_running, "max_running", 1, 1_000_000)
        rate = _rate(self.rate, self.per, self.burst, self.weight_by)
        return _given({"max_running": self.max_running, **rate})


def queue_limit(queue_name: Any, limit: PublishedQueueLimit) -> dict[str, Any]:
    """Checks the name of a queue, or a pattern, and its limit; returns what the database is to know of that."""
    name = text(queue_name, "queue name")
    if not (1 <= len(name.removesuffix("*")) <= 128 or name == "*"):
        refuse("queue name", name, "It has 1 to 128 characters; one that ends in * stands for all that begin so")
    if "*" in name[:-1]:
        refuse("pattern", name, "One * may stand at the end, and nowhere else")
    if unknown := limit.keys() - PublishedQueueLimit.__annotations__:
        raise TypeError(f"limit_queue() got an unexpected keyword argument {min(unknown)!r}")
    width, share = limit.get("width"), limit.get("share")
    _within(width, "width", 1, 1_000_000)
    if share is not None and not 0.001 <= number(share, "share") <= 1000:
        refuse("share", share, "It is 0.001 to 1000")
    rate = _rate(limit.get("rate"), limit.get("per"), limit.get("burst"), limit.get("weight_by"))
    return _given({"width": width, **rate, "share": share})


def _rate(rate: float | None, per: timedelta | None, burst: int | None, weight_by: str | None) -> dict[str, Any]:
    if rate is None and (per is not None or burst is not None):
        raise InvalidArgument("per and burst belong to a rate", hint="Give rate: so many jobs may start per interval")
    if rate is not None and not 1e-9 <= number(rate, "rate") <= 1e9:
        refuse("rate", rate, "It is 0.000000001 to 1000000000")
    if per is not None and not _PERS[0] <= duration(per, "per") <= _PERS[1]:
        refuse("per", per, "It is 1 millisecond to 1000 years")
    _within(burst, "burst", 1, 1_000_000_000)
    if weight_by is not None and not 1 <= len(text(weight_by, "weight_by")) <= 128:
        refuse("weight_by", weight_by, "It names an attribute of the payload, in 1 to 128 characters")
    return {"rate": rate, "per": None if per is None else written(per), "burst": burst, "weight_by": weight_by}


def _within(value: int | None, name: str, least: int, most: int) -> None:
    if value is not None and not least <= integer(value, name) <= most:
        refuse(name, value, f"It is a whole number, {least} to {most}")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
