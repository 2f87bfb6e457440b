"""One entry of a crontab: when, which task, and how its jobs are to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, Self, TypedDict, Unpack, runtime_checkable
from urllib.parse import quote

from .._basis.arguments import Check, duration, instant, refuse, smallint, text
from .._basis.errors import InvalidArgument
from .._basis.json_text import encode
from .match import LONGEST_MATCHED_FILL, Match, MatchFunction
from .parser import read_entries
from .problems import CronValueError
from .schedule import Schedule
from .words import IDENTIFIER_RULE, LONGEST_FILL, format_phrase, is_identifier

CronJobKeyMode = Literal["replace", "preserve_run_at"]


@runtime_checkable
class _HasIdentifier(Protocol):
    @property
    def identifier(self) -> str: ...


class CronOptions(TypedDict, total=False):
    """The keyword arguments that every constructor of Cron takes besides the time and the task; see Cron."""

    id: str | None
    payload: Any
    fill: timedelta
    tz: str
    max_attempts: int | None
    queue_name: str | None
    priority: int | None
    job_key: str | None
    job_key_mode: CronJobKeyMode


@dataclass(frozen=True, kw_only=True)
class Cron:
    """An entry: jobs of `task` are added whenever `schedule` says.

    `id` tells entries of one crontab apart, and is the name under which the database keeps what was scheduled: it is
    the task's identifier by default, and changing it makes a new entry. `fill` is how far back ticks that nobody
    scheduled are made up for. `payload` is anything that makes a JSON object; `_cron` is added to it.
    The rest is as in `add_job`. Raises InvalidArgument.

    In the place of a schedule `match`, a function, may say of each minute whether the entry is due then: it is given a
    datetime in the time zone `tz`, and is asked on the event loop of the worker. Such an entry is nowhere but in the
    workers that have it; its `fill` is up to 31 days.

    >>> from datetime import timedelta
    >>> entry = Cron.daily_at(8, 0, task="send_digest", fill=timedelta(hours=6), payload={"kind": "short"})
    >>> print(entry)
    0 8 * * * send_digest ?fill=6h {"kind":"short"}
    >>> Cron.parse("0 8 * * * send_digest ?fill=6h {kind: 'short'}") == entry
    True
    >>> last = Cron(match=lambda t: (t + timedelta(1)).day == 1 and (t.hour, t.minute) == (18, 0), task="close_month")
    >>> last.next(datetime(2028, 2, 1, tzinfo=UTC))
    datetime.datetime(2028, 2, 29, 18, 0, tzinfo=datetime.timezone.utc)
    """

    schedule: Schedule | Match = None  # type: ignore[assignment]  # `match` stands in its place.
    task: str
    id: str = ""
    payload: Mapping[str, Any] | None = None
    fill: timedelta = timedelta(0)
    max_attempts: int | None = None
    queue_name: str | None = None
    priority: int | None = None
    job_key: str | None = None
    job_key_mode: CronJobKeyMode = "replace"
    source: str | None = field(default=None, compare=False, repr=False)
    """Where it was read: `crontab:3` is line 3 of a file of that name."""
    match: InitVar[MatchFunction | None] = None
    tz: InitVar[str | None] = None

    def __post_init__(self, match: MatchFunction | None, tz: str | None) -> None:
        self._make_plain(match, tz)
        fill, attempts, priority = self.fill, self.max_attempts, self.priority
        for name, good, rule in (
            ("task", is_identifier(self.task), IDENTIFIER_RULE),
            ("id", is_identifier(self.id), IDENTIFIER_RULE),
            ("fill", timedelta(0) <= fill <= LONGEST_FILL, "It is 0 to 100 years"),
            ("fill", not fill.microseconds, "It is whole seconds"),
            ("fill", fill <= LONGEST_MATCHED_FILL or not isinstance(self.schedule, Match), "With match, up to 31 days"),
            ("max_attempts", attempts is None or 1 <= attempts <= 32767, "It is 1 to 32767"),
            ("queue_name", self.queue_name is None or 1 <= len(self.queue_name) <= 128, "It has 1 to 128 characters"),
            ("priority", priority is None or -32768 <= priority <= 32767, "It is -32768 to 32767"),
            ("job_key", self.job_key is None or 1 <= len(self.job_key) <= 512, "It has 1 to 512 characters"),
            ("job_key_mode", self.job_key_mode in ("replace", "preserve_run_at"), "replace or preserve_run_at"),
            ("job_key_mode", self.job_key_mode == "replace" or self.job_key is not None, "It needs a job_key"),
        ):
            if not good:
                raise InvalidArgument(f"bad {name} of a crontab entry for {self.task!r}", hint=rule)

    def _make_plain(self, match: MatchFunction | None, tz: str | None) -> None:
        """Puts plain values in the place of what was given, of which each is of the type that it should be."""
        if isinstance(task := self.task, _HasIdentifier):
            object.__setattr__(self, "task", task.identifier)
        if not self.id:
            object.__setattr__(self, "id", self.task)
        for name, check in _CHECKS.items():
            if (value := getattr(self, name)) is not None or name in ("task", "id", "fill"):
                object.__setattr__(self, name, check(value, name))
        self._settle_schedule(match, tz)
        object.__setattr__(self, "payload", _object(self.payload, self.task))

    def _settle_schedule(self, match: MatchFunction | None, tz: str | None) -> None:
        given: Any = self.schedule
        if given is not None and (match is not None or tz is not None):
            rule = "A schedule has its times and its time zone, and match and tz stand in its place: leave out one"
            refuse("schedule", str(given), rule)
        if match is not None:
            try:
                given = Match(match, "UTC" if tz is None else text(tz, "tz"))
            except CronValueError as error:
                raise InvalidArgument(f"{error} in a crontab entry for {self.task!r}", hint=error.hint) from None
            object.__setattr__(self, "schedule", given)
        if not isinstance(given, (Schedule, Match)):
            rule = 'It is a Schedule: Schedule.parse("0 8 * * *"), or see Cron.at; or give match, a function'
            refuse("schedule", given, rule)

    # Constructors.

    @classmethod
    def at(cls, pattern: str, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]) -> Self:
        """Makes an entry from the five fields: `Cron.at("30 4 * * 1", task="weekly_report")`."""
        return cls._make(lambda tz: Schedule.parse(text(pattern, "pattern"), tz), task, options)

    @classmethod
    def every_minute(cls, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]) -> Self:
        """Makes an entry for every minute."""
        return cls.at("* * * * *", task=task, **options)

    @classmethod
    def every_minutes(cls, n: int, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]) -> Self:
        """Makes an entry for the minutes of each hour that `n`, 1 to 60, divides: 20 is 0, 20 and 40."""
        return cls.at(f"*/{n} * * * *", task=task, **options)

    @classmethod
    def hourly(cls, minute: int = 0, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]) -> Self:
        """Makes an entry for every hour, at this minute."""
        return cls.at(f"{minute} * * * *", task=task, **options)

    @classmethod
    def daily_at(
        cls, hour: int, minute: int = 0, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]
    ) -> Self:
        """Makes an entry for every day, at this time."""
        return cls.at(f"{minute} {hour} * * *", task=task, **options)

    @classmethod
    def weekly_on(
        cls, weekday: int, hour: int, minute: int = 0, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]
    ) -> Self:
        """Makes an entry for one day of every week, 0 (Sunday) to 6 (Saturday)."""
        return cls.at(f"{minute} {hour} * * {weekday}", task=task, **options)

    @classmethod
    def monthly_on(
        cls, day: int, hour: int, minute: int = 0, *, task: str | _HasIdentifier, **options: Unpack[CronOptions]
    ) -> Self:
        """Makes an entry for every month that has this day."""
        return cls.at(f"{minute} {hour} {day} * *", task=task, **options)

    @classmethod
    def yearly_on(
        cls,
        month: int,
        day: int,
        hour: int,
        minute: int = 0,
        *,
        task: str | _HasIdentifier,
        **options: Unpack[CronOptions],
    ) -> Self:
        """Makes an entry for every year that has this day."""
        return cls.at(f"{minute} {hour} {day} {month} *", task=task, **options)

    @classmethod
    def parse(cls, line: str) -> Self:
        """Makes an entry from a line of a crontab. Raises CrontabError."""
        entries = read_entries(line, "line")
        if len(entries) != 1:
            raise InvalidArgument(f"{len(entries)} crontab entries where one is wanted", hint="Give one line")
        return cls(**entries[0])

    @classmethod
    def _make(cls, schedule: Any, task: str | _HasIdentifier, options: CronOptions) -> Self:
        name = task.identifier if isinstance(task, _HasIdentifier) else text(task, "task")
        values: dict[str, Any] = dict(options)
        try:
            made = schedule(text(values.pop("tz", "UTC"), "tz"))
        except CronValueError as error:
            raise InvalidArgument(f"{error} in a crontab entry for {name!r}", hint=error.hint) from None
        values["id"] = values.get("id") or name
        return cls(schedule=made, task=name, **values)

    # What the scheduler asks.

    def ticks(self, after: datetime, until: datetime) -> list[datetime]:
        """Returns the instants at which the entry is due later than `after` and not later than `until`, in UTC."""
        return list(self.schedule.ticks(instant(after, "after"), instant(until, "until")))

    def next(self, after: datetime) -> datetime | None:
        """Returns when the entry is due next after `after`, in UTC; None when the calendar ends before, or a `match`
        says no to all of 62 days.
        """
        return self.schedule.next(instant(after, "after"))

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as `schedule_crontabs` takes it."""
        return {
            "identifier": self.id,
            "task": self.task,
            "payload": self.payload,
            "queue_name": self.queue_name,
            "max_attempts": self.max_attempts,
            "priority": self.priority,
            "job_key": self.job_key,
            "job_key_mode": self.job_key_mode,
        }

    def __str__(self) -> str:
        """Returns the entry as a line of a crontab; there is none for one with `match`, which no crontab takes."""
        options = {
            "id": self.id if self.id != self.task else None,
            "fill": format_phrase(self.fill) if self.fill else None,
            "tz": self.schedule.tz if self.schedule.tz != "UTC" else None,
            "max": self.max_attempts,
            "queue": self.queue_name,
            "priority": self.priority,
            "job_key": self.job_key,
            "job_key_mode": self.job_key_mode if self.job_key_mode != "replace" else None,
        }
        query = "&".join(
            f"{name}={quote(str(value), safe='/:')}" for name, value in options.items() if value is not None
        )
        parts = [str(self.schedule), self.task, f"?{query}" if query else "", encode(self.payload) or ""]
        return " ".join(part for part in parts if part)


_CHECKS: dict[str, Check] = {
    **dict.fromkeys(("task", "id", "queue_name", "job_key"), text),
    **dict.fromkeys(("max_attempts", "priority"), smallint),
    "fill": duration,
}


def _object(payload: Any, task: str) -> Mapping[str, Any] | None:
    """Returns the payload as plain JSON values, so that equal entries are equal however they were made."""
    if payload is None:
        return None
    found = json.loads(encode(payload) or "null")
    if not isinstance(found, dict):
        raise InvalidArgument(
            f"the payload of a crontab entry for {task!r} is no JSON object", hint="Give a dict or a dataclass"
        )
    return found
