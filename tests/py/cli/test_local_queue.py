"""The options of `run` about local queues, which say nothing alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from graphile_worker import LocalQueue, RefetchDelay
from tests.py.cli.recorded_run import error_of, options_of


def test_none_unless_its_size_is_said(folder: Path) -> None:
    assert "local_queue" not in options_of("one_tasks")
    assert options_of("one_tasks", "--local-queue-size", "7")["local_queue"] == LocalQueue(size=7)


def test_with_a_refetch_delay(folder: Path) -> None:
    options = options_of("one_tasks", "--local-queue-size", "7", "--refetch-delay", "50ms")
    assert options["local_queue"].refetch_delay == RefetchDelay(duration=timedelta(milliseconds=50))


@pytest.mark.parametrize("option", ["--local-queue-ttl", "--queue-count", "--refetch-delay"])
def test_what_needs_a_local_queue(folder: Path, option: str) -> None:
    assert error_of("one_tasks", option, "5").startswith(f"error: {option} is of no use without a local queue\n")


@pytest.mark.parametrize("option", ["--refetch-delay-threshold", "--refetch-delay-max-abort-threshold"])
def test_what_needs_a_refetch_delay(folder: Path, option: str) -> None:
    error = error_of("one_tasks", "--local-queue-size", "7", option, "5")
    assert error.startswith(
        f"error: {option} is of no use without a refetch delay\nhint: Say how long: --refetch-delay"
    )
