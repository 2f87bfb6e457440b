"""Failures are told of ever more rarely, and their end once."""

from __future__ import annotations

import pytest

from graphile_worker._basis.log import logger
from graphile_worker._basis.retries import Retries


def test_an_outage_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "graphile_worker")
    retries = Retries("100% is wrong", then="starting it again", longest=0.5, tell=logger.error)
    delays = [retries.failed(OSError(f"no route\nto {n}")) for n in range(20)]
    assert all(0 < delay <= 0.5 for delay in delays)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("ERROR", f"100% is wrong, starting it again ({n}): no route") for n in (1, 2, 4, 8, 16)
    ]
    caplog.clear()
    for _ in range(2):
        retries.succeeded("all is well")
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("INFO", "all is well (failed tries: 20)")]
    assert retries.failed(OSError("again")) <= 0.1
