"""The jobs of a worker, and what became of them: a claim that was taken away leaves nothing to be handed in."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from graphile_worker._calls.job import Job
from graphile_worker._recovery.alarm import Alarm
from graphile_worker._worker.held_jobs import HeldJobs
from graphile_worker._worker.outcomes import Failure

NOW = datetime.now(UTC)


class Rung(Alarm):
    """An alarm that counts."""

    count = 0

    def ring(self) -> None:
        self.count += 1


@pytest.fixture
def held() -> HeldJobs:
    return HeldJobs("w", Rung())


def claim(job_id: int) -> Job:
    return Job(job_id, "t", b"{}", None, 0, NOW, 1, 25, NOW, None, None)


def end_all(held: HeldJobs, jobs: list[Job]) -> None:
    """Has the jobs end in each of the ways there are."""
    done, failed, unstarted, interrupted = jobs
    held.outcomes.complete(done)
    held.outcomes.failed.append(Failure(failed, "bad luck", time.monotonic()))
    held.outcomes.returned.append(unstarted)
    held.outcomes.interrupted.append(interrupted)


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_what_a_job_came_to_goes_with_it(held: HeldJobs, lost: int) -> None:
    jobs = [claim(job_id) for job_id in (1, 2, 3, 4)]
    held.add(jobs)
    end_all(held, jobs)
    held.forget({lost})
    assert sorted(job.id for job in held.take_outcomes().jobs()) == sorted({1, 2, 3, 4} - {lost})
    assert isinstance(held.alarm, Rung)
    assert held.alarm.count == 1


def test_an_outcome_of_the_last_claim_is_none_of_the_next(held: HeldJobs) -> None:
    jobs = [claim(job_id) for job_id in (1, 2, 3, 4)]
    held.add(jobs)
    end_all(held, jobs)
    again = claim(2)
    held.add([again])
    assert sorted(job.id for job in held.outcomes.jobs()) == [1, 3, 4]
    assert held.holds(again)
    assert not held.holds(jobs[1])


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_what_was_not_handed_in_comes_first_unless_it_was_lost(held: HeldJobs, lost: int) -> None:
    jobs = [claim(job_id) for job_id in range(1, 6)]
    held.add(jobs)
    end_all(held, jobs[:4])
    taken = held.take_outcomes()
    assert not held.outcomes
    held.outcomes.complete(jobs[4])
    held.forget({lost})
    held.put_back(taken)
    assert held.outcomes.completed == [job for job in (jobs[0], jobs[4]) if job.id != lost]
    assert {job.id for job in held.outcomes.jobs()} == {1, 2, 3, 4, 5} - {lost}
    assert held.outcomes.first_completed_at > 0


async def test_what_is_done_may_go_on_whatever_is_taken(held: HeldJobs) -> None:
    jobs = [claim(1), claim(2)]
    held.add(jobs)
    forever = asyncio.Event()
    runners = [asyncio.create_task(begin_and_wait(forever)) for _ in jobs]
    await asyncio.sleep(0)
    held.running.update(zip(runners, jobs, strict=True))
    held.begin_finish(jobs[0])
    held.end_finish(jobs[0], is_done=True)
    held.forget({2})
    await asyncio.wait({runners[1]})
    assert not runners[0].cancelling()
    forever.set()
    await runners[0]


async def begin_and_wait(event: asyncio.Event) -> None:
    await event.wait()


def test_the_end_of_an_earlier_run_is_none_of_the_next(held: HeldJobs) -> None:
    """A thread that has outlived its time-out ends its transaction while the job runs again."""
    first, second = claim(1), claim(1)
    held.begin_finish(first)
    held.begin_finish(second)
    held.end_finish(first, is_done=False)
    assert 1 in held.finishing
    held.end_finish(second, is_done=False)
    assert 1 not in held.finishing
