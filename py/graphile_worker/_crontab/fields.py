"""The five fields of a cron pattern: their text, and the set of values that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .problems import CronValueError

_STEP = re.compile(r"\*/(\d{1,4})", re.ASCII)
_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})", re.ASCII)
_STEPPED_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})/(\d{1,4})", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five fields, with the values it can have.

    >>> sorted(MINUTE.parse("*/20,5-7")), MINUTE.format({0, 5, 6, 7, 20, 40})
    ([0, 5, 6, 7, 20, 40], '0,5-7,20,40')
    """

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    """English abbreviations that other crons take, for a hint; the first stands for `first`."""

    @property
    def all(self) -> frozenset[int]:
        return frozenset(range(self.first, self.last + 1))

    @property
    def _last_written(self) -> int:
        # Sunday is 0, and 7 as well.
        return 7 if self is WEEKDAY else self.last

    def parse(self, text: str) -> frozenset[int]:
        """Parses a comma list of `*`, `*/n`, `n` and `a-b` to its values. Raises CronValueError."""
        values: set[int] = set()
        offset = 0
        for part in text.split(","):
            try:
                values.update(self._part(part))
            except CronValueError as error:
                error.offset = offset
                raise
            offset += len(part) + 1
        return frozenset(value % 7 if self is WEEKDAY else value for value in values)

    def check(self, values: Iterable[int]) -> frozenset[int]:
        """Returns the same values when all of them are in bounds. Raises CronValueError."""
        found = frozenset(values)
        if not found:
            raise CronValueError(f"no {self.name}", f"Give at least one {self.name}")
        for value in sorted(found):
            self._bound(value)
        return found

    def _part(self, part: str) -> Iterable[int]:
        if part == "*":
            return self.all
        if match := _STEP.fullmatch(part):
            step = int(match[1])
            size = self.last - self.first + 1
            if not 1 <= step <= size:
                raise CronValueError(f"bad step {part} of the {self.name}", f"A step of this field is */1 to */{size}")
            return range(self.first, self.last + 1, step)
        if match := _RANGE.fullmatch(part):
            low, high = self._bound(int(match[1])), self._bound(int(match[2]))
            if low > high:
                raise CronValueError(
                    f"bad range {part} of the {self.name}: it ends before it begins",
                    f"Write {low}-{self.last},{self.first}-{high}",
                )
            return range(low, high + 1)
        if _NUMBER.fullmatch(part):
            return (self._bound(int(part)),)
        problem = f"bad {self.name} {part!r}" if part else f"an empty {self.name}"
        raise CronValueError(problem, self._remedy(part))

    def _bound(self, value: int) -> int:
        if not self.first <= value <= self._last_written:
            article = "An" if self is HOUR else "A"
            bounds = f"{self.first} to {self._last_written}"
            raise CronValueError(f"bad {self.name} {value}", f"{article} {self.name} is {bounds}")
        return value

    def _remedy(self, part: str) -> str:
        if match := _STEPPED_RANGE.fullmatch(part):
            low, high, step = (int(group) for group in match.groups())
            if step and self.first <= low <= high <= self._last_written:
                return f"A range has no step here: write {','.join(map(str, range(low, high + 1, step)))}"
        name = part.lower()[:3]
        if name in self.names and part.isalpha():
            return f"There are no names here: write {self.first + self.names.index(name)}"
        return f"Write *, */n, n or a-b with numbers from {self.first} to {self._last_written}, or several with commas"

    def format(self, values: Iterable[int]) -> str:
        """Returns the shortest text for a set of values: `*`, a step, or numbers and ranges."""
        found = sorted(values)
        if len(found) == self.last - self.first + 1:
            return "*"
        if len(found) > 2 and found[0] == self.first:
            step = found[1] - found[0]
            if step > 1 and found == list(range(self.first, self.last + 1, step)):
                return f"*/{step}"
        runs: list[list[int]] = []
        for value in found:
            if runs and runs[-1][-1] == value - 1:
                runs[-1].append(value)
            else:
                runs.append([value])
        return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of the month", 1, 31)
MONTH = Field("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
WEEKDAY = Field("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
