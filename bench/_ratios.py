"""Before and after, measured in pairs: the median of their ratios, how sure it is, and what to make of it.

A pair is measured within seconds, so what slows the machine down slows both sides, and their ratio stays. The interval
supposes nothing of how ratios are distributed: the median lies between two of the sorted ratios, equally far from
either end, with a probability that only the binomial distribution decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

CONFIDENCE = 0.90
NARROW = 0.03
"""Half the width, by the median, at which an interval says enough."""
LEAST_RATE = 0.97
MOST_CPU = 1.03


@dataclass(frozen=True)
class Interval:
    """A median, and where it is with CONFIDENCE; from 0 to infinity while there are too few values to say."""

    median: float
    low: float
    high: float

    @property
    def is_narrow(self) -> bool:
        return self.high - self.low < 2 * NARROW * self.median


def interval(values: Sequence[float]) -> Interval:
    """Returns the median of what the values are drawn from.

    >>> interval([0.9, 1.0, 1.1, 1.2, 1.3])
    Interval(median=1.1, low=0.9, high=1.3)
    """
    ordered, count = sorted(values), len(values)
    outside, beyond = 0, 0.0
    # How many values may lie outside the interval at each end, and the chance that the median does so there.
    while 2 * (beyond := beyond + math.comb(count, outside) / 2**count) <= 1 - CONFIDENCE:
        outside += 1
    if outside == 0:
        return Interval(median(ordered), 0, math.inf)
    return Interval(median(ordered), ordered[outside - 1], ordered[-outside])


@dataclass(frozen=True)
class Sample:
    """One side of a pair."""

    value: float
    """A rate, or where less is better a duration."""
    cpu: float
    """Processor seconds for 1,000 jobs, of everybody who took part."""


@dataclass
class Pairs:
    """The pairs that were measured of one row."""

    less_is_better: bool = False
    by_cpu_only: bool = False
    """The rate is somebody else's, the disk's say: it is shown, and not judged."""
    pairs: list[tuple[Sample, Sample]] = field(default_factory=list)
    """Before and after."""

    def add(self, before: Sample, after: Sample) -> None:
        self.pairs.append((before, after))

    @property
    def rates(self) -> Interval:
        """The ratios after / before, or before / after of what is better when less: more is always better."""
        ratios = [after.value / before.value for before, after in self.pairs]
        return interval([1 / ratio for ratio in ratios] if self.less_is_better else ratios)

    @property
    def cpu(self) -> Interval:
        """The ratios of processor time, after / before: less is better."""
        return interval([after.cpu / before.cpu for before, after in self.pairs])

    @property
    def is_narrow(self) -> bool:
        """Tells whether the intervals of what is judged are narrow enough."""
        return self.cpu.is_narrow and (self.by_cpu_only or self.rates.is_narrow)

    def needs_more(self, least: int, most: int) -> bool:
        """Tells whether to measure another pair."""
        count = len(self.pairs)
        return count < least or (count < most and not self.is_narrow)

    @property
    def shortfalls(self) -> list[str]:
        """The reasons for which after is not at least 0.97 of before; empty when it is."""
        found = []
        if not self.by_cpu_only and self.rates.median < LEAST_RATE:
            found.append(f"rate below {LEAST_RATE}")
        if self.cpu.median > MOST_CPU:
            found.append(f"cpu above {MOST_CPU}")
        return found

    @property
    def holds(self) -> bool:
        """Tells whether after is at least 0.97 of before."""
        return not self.shortfalls

    def medians(self) -> dict[str, float]:
        """Returns the medians of each side by itself, to be read; what is judged are the ratios."""
        before, after = zip(*self.pairs, strict=True)
        return {
            "before": median(each.value for each in before),
            "after": median(each.value for each in after),
            "cpu_before": median(each.cpu for each in before),
            "cpu_after": median(each.cpu for each in after),
        }

    def as_json(self) -> dict[str, Any]:
        rates, cpu = self.rates, self.cpu
        return {
            **self.medians(),
            "ratio": _limits(rates),
            "cpu_ratio": _limits(cpu),
            "is_narrow": self.is_narrow,
            "holds": self.holds,
            "pairs": [[[each.value, each.cpu] for each in pair] for pair in self.pairs],
        }


def _limits(found: Interval) -> list[float | None]:
    """Returns median, low, high; None for infinity, which JSON lacks."""
    return [found.median, found.low, found.high if math.isfinite(found.high) else None]
