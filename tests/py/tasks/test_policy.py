"""What the code of a task says of its jobs: checked at registration, published, decided by the worker."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import Exponential, Fixed, GiveUp, InvalidArgument, JobCancelled, Retry, TaskRegistry
from graphile_worker._tasks.errors import BatchPartlyFailed, RaisedElsewhere, TaskProcessError
from graphile_worker._tasks.policy import Policy
from graphile_worker.testing import make_context

HOUR = timedelta(hours=1)


class BadCardError(Exception):
    pass


class ExpiredCardError(BadCardError):
    pass


def test_the_database_is_told_what_it_can_decide() -> None:
    tasks = TaskRegistry()

    @tasks.task(
        timeout=timedelta(minutes=5), retry=Exponential("2s", cap="1h"), max_attempts=3, priority=-1,
        expires_after=timedelta(days=1), bad_payload="fail", give_up_on=BadCardError, queue_name="bank",
    )  # fmt: skip
    async def charge() -> None: ...

    @tasks.task
    async def plain() -> None: ...

    assert charge.policy.document() == {
        "timeout": "300s",
        "retry": {"kind": "exponential", "base": "2s", "factor": 2, "cap": "3600s", "jitter": 0},
        "max_attempts": 3,
        "priority": -1,
        "expires_after": "86400s",
        "bad_payload": "fail",
    }
    assert plain.policy.document() == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": timedelta(0)}, "bad timeout 0:00:00"),
        ({"timeout": 5}, "bad timeout 5"),
        ({"expires_after": -HOUR}, "bad expires_after"),
        ({"bad_payload": "ignore"}, "bad bad_payload 'ignore'"),
        ({"max_attempts": 0}, "bad max_attempts 0"),
        ({"priority": 40000}, "bad priority 40000"),
        ({"retry": "2s"}, "bad retry '2s'"),
        ({"retry": Fixed(["soon"])}, "bad delay 'soon'"),
        ({"give_up_on": "ValueError"}, "bad give_up_on 'ValueError'"),
        ({"retry_on": (ValueError, 3)}, "bad retry_on"),
        ({"retry_on": 3}, "bad retry_on 3"),
        ({"max_attempts": "3"}, "bad max_attempts '3'"),
    ],
)
def test_what_is_out_of_bounds_is_refused_at_registration(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        TaskRegistry().add(lambda: None, "t", **options)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="time_out"):
        TaskRegistry().add(lambda: None, "t", time_out=HOUR)


@pytest.mark.parametrize(
    ("policy", "error", "gives_up"),
    [
        (Policy(), ValueError(), False),
        (Policy(give_up_on=BadCardError), ExpiredCardError(), True),
        (Policy(give_up_on=(BadCardError, OSError)), ConnectionError(), True),
        (Policy(give_up_on=BadCardError), ValueError(), False),
        (Policy(retry_on=OSError), ConnectionError(), False),
        (Policy(retry_on=[OSError]), ValueError(), True),
        (Policy(retry_on=Exception, give_up_on=BadCardError), BadCardError(), True),
        (Policy(retry=Exponential("2s"), give_up_on=BadCardError), ValueError(), False),
        # Nobody knows what has killed the process, and what can't be sent may be an OSError.
        (Policy(retry_on=OSError), TaskProcessError(), False),
        (Policy(retry_on=OSError), RaisedElsewhere(), False),
        (Policy(retry_on=OSError, give_up_on=TaskProcessError), TaskProcessError(), True),
        # No handler has raised these: items of a batch have failed; somebody has stopped it.
        (Policy(retry_on=OSError), BatchPartlyFailed("1 of 2 items failed", "[1]"), False),
        (Policy(retry_on=OSError, give_up_on=BatchPartlyFailed), BatchPartlyFailed("1 of 2 items failed", "[1]"), True),
        (Policy(retry_on=OSError), asyncio.CancelledError(), False),
        (Policy(retry_on=OSError), JobCancelled(), False),
        (Policy(retry_on=OSError, give_up_on=JobCancelled), JobCancelled(), True),
    ],
)
def test_which_errors_are_given_up_on(policy: Policy, error: BaseException, gives_up: bool) -> None:
    assert isinstance(policy.decide(make_context().job, error), GiveUp) == gives_up


def test_a_function_says_the_delay(caplog: pytest.LogCaptureFixture) -> None:
    def delay(attempts: int, error: BaseException) -> timedelta | None:
        if isinstance(error, OSError):
            return HOUR * attempts
        assert not isinstance(error, KeyError), "a stranger's code"
        return None if isinstance(error, ValueError) else "soon"  # type: ignore[return-value]

    job, policy = make_context(attempts=3).job, Policy(retry=delay)
    found = policy.decide(job, ConnectionError())
    assert isinstance(found, Retry)
    assert found.delay == 3 * HOUR
    found = policy.decide(job, ValueError())
    assert isinstance(found, Retry)
    assert found.delay is None
    for error in (KeyError(), LookupError()):
        assert policy.decide(job, error) is None
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        f"the retry function of {job.task_identifier} raised"
    ] * 2
