"""`bench pairs`: the interval, when to stop, what is made of it; with fixed numbers, as nothing here is about speed."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise

import pytest

from bench import _pairs
from bench._commit import two_sides
from bench._measure import cpu_per_1000
from bench._process import ROOT, CpuMeter, DriverError
from bench._ratios import Interval, Pairs, Sample, interval


def measured(
    rates: Sequence[float],
    cpu: Sequence[float] | None = None,
    *,
    less_is_better: bool = False,
    by_cpu_only: bool = False,
) -> Pairs:
    """Pairs with these ratios, each between sides of its own level: only ratios may count."""
    pairs = Pairs(less_is_better=less_is_better, by_cpu_only=by_cpu_only)
    for number, (rate, used) in enumerate(zip(rates, cpu or [1.0] * len(rates), strict=True), start=1):
        pairs.add(Sample(1000.0 * number, 0.1 * number), Sample(1000.0 * number * rate, 0.1 * number * used))
    return pairs


def spread(median: float, step: float, count: int) -> list[float]:
    """Values about a median, out of order."""
    values = [median + step * (place - (count - 1) / 2) for place in range(count)]
    return values[1::2] + values[::2]


# The ranks by the tables of the sign test: with 10 values the 2nd and the 9th (98 %; the 3rd and 8th have 89 %).
@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(5, 1, 5), (7, 1, 7), (8, 2, 7), (10, 2, 9), (11, 3, 9), (13, 4, 10), (20, 6, 15), (30, 11, 20), (40, 15, 26)],
)
def test_interval_has_the_ranks_of_the_sign_test(count: int, low: int, high: int) -> None:
    found = interval([float(value) for value in reversed(range(1, count + 1))])
    assert found == Interval((count + 1) / 2, low, high)


@pytest.mark.parametrize("count", range(5, 60, 5))
def test_interval_covers_the_median_with_90_percent_and_the_next_narrower_would_not(count: int) -> None:
    low = int(interval(range(1, count + 1)).low)

    def coverage(rank: int) -> float:
        return 1 - 2 * sum(math.comb(count, outside) for outside in range(rank)) / 2**count

    assert coverage(low) >= 0.90 > coverage(low + 1)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_with_fewer_than_five_there_is_no_interval(count: int) -> None:
    found = interval([1.0] * count)
    assert found == Interval(1.0, 0, math.inf)
    assert not found.is_narrow


def test_one_wild_pair_moves_neither_median_nor_interval_far() -> None:
    usual = spread(1.0, 0.002, 11)
    wild = [*usual[:-1], 9.0]
    assert interval(wild).median == pytest.approx(interval(usual).median, abs=0.002)
    assert interval(wild).high < 1.02


@pytest.mark.parametrize(("low", "high", "narrow"), [(0.971, 1.029, True), (0.97, 1.03, False), (0.99, 1.06, False)])
def test_narrow_is_less_than_three_percent_to_either_side(low: float, high: float, narrow: bool) -> None:
    assert Interval(1.0, low, high).is_narrow is narrow
    assert Interval(2.0, 2 * low, 2 * high).is_narrow is narrow


# When to stop


def test_ten_pairs_are_measured_however_close_they_are() -> None:
    same = [1.0] * 40
    assert [measured(same[:count]).needs_more(10, 40) for count in (9, 10)] == [True, False]


def test_goes_on_while_an_interval_is_wide_up_to_forty_pairs() -> None:
    scattered = [0.9, 1.1] * 20
    assert [measured(scattered[:count]).needs_more(10, 40) for count in (10, 39, 40)] == [True, True, False]


def test_goes_on_while_only_processor_time_is_uncertain() -> None:
    steady, scattered = [1.0] * 10, [0.9, 1.1] * 5
    assert measured(steady, scattered).needs_more(10, 40)
    assert measured(scattered, steady).needs_more(10, 40)
    assert not measured(steady, steady).needs_more(10, 40)


def test_where_processor_time_judges_a_scattered_rate_does_not_go_on() -> None:
    steady, scattered = [1.0] * 10, [0.5, 2.0] * 5
    assert not measured(scattered, steady, by_cpu_only=True).needs_more(10, 40)
    assert measured(steady, scattered, by_cpu_only=True).needs_more(10, 40)


# The verdict


@pytest.mark.parametrize(
    ("rate", "cpu", "shortfalls"),
    [
        (1.0, 1.0, []),
        (0.975, 1.025, []),
        (0.965, 1.0, ["rate below 0.97"]),
        (1.2, 1.035, ["cpu above 1.03"]),
        (0.9, 1.1, ["rate below 0.97", "cpu above 1.03"]),
    ],
)
def test_at_least_097_of_before(rate: float, cpu: float, shortfalls: list[str]) -> None:
    pairs = measured(spread(rate, 0.001, 10), spread(cpu, 0.001, 10))
    assert pairs.shortfalls == shortfalls
    assert pairs.holds is not bool(shortfalls)


def test_the_limits_themselves_hold() -> None:
    pairs = Pairs()
    pairs.add(Sample(100.0, 100.0), Sample(97.0, 103.0))
    assert pairs.holds


def test_the_median_of_the_ratios_judges_not_the_ratio_of_the_medians() -> None:
    """The machine is twice as fast in the middle of the run: each pair is 0.95, whatever it is compared to."""
    pairs = Pairs()
    for before in [100.0, 100.0, 200.0, 200.0, 200.0, 100.0]:
        pairs.add(Sample(before, 1.0), Sample(before * 0.95, 1.0))
    assert pairs.rates.median == pytest.approx(0.95)
    assert pairs.shortfalls == ["rate below 0.97"]


def test_where_less_is_better_the_ratio_is_turned_round() -> None:
    assert measured([2.0] * 5, less_is_better=True).rates.median == 0.5
    assert not measured([1.1] * 5, less_is_better=True).holds
    assert measured([0.5] * 5, less_is_better=True).holds


def test_adding_one_by_one_is_judged_by_processor_time_only() -> None:
    rows = {row.name: row.pairs for row in _pairs.rows(quick=False)}
    assert [name for name, pairs in rows.items() if pairs.by_cpu_only] == ["add"]
    assert [name for name, pairs in rows.items() if pairs.less_is_better] == ["latency"]
    assert measured([0.2] * 10, [1.0] * 10, by_cpu_only=True).holds
    assert not measured([2.0] * 10, [1.1] * 10, by_cpu_only=True).holds


def test_processor_time_that_nobody_could_read_is_no_figure() -> None:
    assert cpu_per_1000(500, 0.25, 0.75) == 2.0
    assert cpu_per_1000(500, 0.25, None) is None
    assert cpu_per_1000(0, 0.25) is None
    with pytest.raises(DriverError):
        _pairs._sample(100.0, None)


BURN = "import time, sys\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\nsys.stdin.read()"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_meter_counts_children_that_run_and_those_that_have_ended_once() -> None:
    meter = CpuMeter([os.getpid()], with_children=True)
    command = [sys.executable, "-c", BURN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        running = meter.seconds()
        child.communicate()
    ended = meter.seconds()
    assert 0.28 <= running <= ended < running + 0.28


# The commit and the tree


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_commit_lies_beside_the_tree_while_it_is_measured() -> None:
    with two_sides("HEAD") as (before, after):
        assert (before.package / "graphile_worker/__init__.py").exists()
        assert (before.package.parent / "sql/manifest.txt").exists()
        assert after.package == ROOT / "py"
        for side in (before, after):
            assert side.contender("default").driver.environment["PYTHONPATH"] == str(side.package)
    assert not before.package.exists()
    listed = subprocess.run(["git", "worktree", "list"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert str(before.package.parent) not in listed


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_a_commit_that_is_not_there_is_named() -> None:
    with pytest.raises(DriverError, match="no-such-commit"), two_sides("no-such-commit"):
        pass


# The run, with sides that are not measured


def run_turns(rows: list[_pairs.Row], least: int, most: int) -> list[str]:
    """Measures rows whose `run` returns what it likes; which side came when."""
    order: list[str] = []

    def recorded(row: _pairs.Row):
        measure = row.run

        def run(server, side, jobs):
            order.append(side)
            return measure(server, side, jobs)

        return run

    for row in rows:
        row.run = recorded(row)
    _pairs._measure(None, rows, *_sides(), (least, most))
    return order


def _sides() -> tuple[_pairs.Side, _pairs.Side]:
    return _pairs.Side("before", None, None), _pairs.Side("after", None, None)


def test_sides_take_turns_and_the_first_one_alternates() -> None:
    before, after = _sides()
    row = _pairs.Row("r", "r", 1, lambda server, side, jobs: Sample(2.0 if side == after else 1.0, 1.0))
    order = run_turns([row], 5, 5)
    assert order == [before, after, after, before, before, after, after, before, before, after]
    assert row.pairs.rates.median == 2.0
    assert all(earlier == later for earlier, later in list(pairwise(order))[1::2])


def test_a_row_that_is_done_is_left_alone_and_one_that_fails_ends() -> None:
    values = iter([1.0, 2.0, 3.0] * 20)

    def fail(server, side, jobs):
        raise DriverError("gone")

    steady = _pairs.Row("steady", "steady", 1, lambda *_: Sample(1.0, 1.0))
    wild = _pairs.Row("wild", "wild", 1, lambda *_: Sample(next(values), 1.0))
    failing = _pairs.Row("failing", "failing", 1, fail)
    run_turns([steady, wild, failing], 5, 12)
    assert (len(steady.pairs.pairs), len(wild.pairs.pairs), failing.pairs.pairs) == (5, 12, [])
    assert [steady.verdict, failing.verdict] == ["at least 0.97", "failed"]
    assert wild.verdict.endswith("wide")
    table = _pairs.table([steady, wild, failing])
    assert [line.split("|")[2].strip() for line in table.splitlines()[2:]] == [
        each.verdict for each in (steady, wild, failing)
    ]
