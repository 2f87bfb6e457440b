"""How many wrong tries there are, and when they come back."""

from __future__ import annotations

from graphile_worker.admin._door.throttle import TRIES, TRIES_OF_ALL, Throttle


def test_tries_come_back_with_time() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(TRIES):
        assert throttle.wait("a") == 0
        throttle.failed("a")
    assert throttle.wait("a") == 6
    now[0] = 6.0
    assert throttle.wait("a") == 0
    throttle.failed("a")
    assert throttle.wait("a") == 6
    now[0] = 6000.0
    for _ in range(TRIES):
        assert throttle.wait("a") == 0
        throttle.failed("a")
    assert throttle.wait("a") == 6


def test_many_addresses_are_bounded_together_and_do_not_lock_out_those_who_were_in() -> None:
    throttle = Throttle(lambda: 0.0)
    throttle.succeeded("operator")
    for n in range(TRIES_OF_ALL):
        assert throttle.wait(f"bot {n}") == 0
        throttle.failed(f"bot {n}")
    assert throttle.wait("yet another") > 0
    assert throttle.wait("operator") == 0
