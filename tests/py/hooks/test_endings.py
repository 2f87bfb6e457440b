"""What a handler raises to say how its job ends: checked where it is made, and whole after a way to another process."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphile_worker import Discard, GiveUp, InvalidArgument, Retry, Snooze
from graphile_worker._hooks.endings import Ending

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (Retry(), "The task wants to be tried again"),
        (Retry("closed", delay=HOUR), "closed"),
        (GiveUp("no such customer"), "Given up: no such customer"),
        (GiveUp(), "Given up"),
        (Snooze(delay=HOUR), "Put off by 1:00:00"),
        (Snooze("too early", until=NOON), "Put off until 2030-01-01T12:00:00+00:00: too early"),
        (Discard("gone"), "Discarded: gone"),
        (Discard(), "Discarded"),
    ],
)
def test_an_ending_is_the_same_in_another_process(ending: Ending, text: str) -> None:
    assert str(ending) == text
    other = pickle.loads(pickle.dumps(ending))
    assert (type(other), vars(other), str(other)) == (type(ending), vars(ending), text)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Snooze(), "one of delay and until"),
        (lambda: Snooze(delay=HOUR, until=NOON), "one of delay and until"),
        (lambda: Snooze(until=NOON.replace(tzinfo=None)), "bad until"),
        (lambda: Snooze(delay=-HOUR), "bad delay"),
        (lambda: Retry(delay=60), "bad delay 60"),
        (lambda: Retry(delay=timedelta(days=4000)), "bad delay"),
        (lambda: GiveUp(3), "bad reason 3"),
        (lambda: Discard("\0"), "bad reason"),
    ],
)
def test_what_is_out_of_bounds_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        make()
