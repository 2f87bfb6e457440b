"""What wakes a lane when nobody notifies."""

from __future__ import annotations

import asyncio

from graphile_worker._worker.work_signal import WorkSignal


async def test_it_wakes_when_there_is_more_whatever_claims_say_meanwhile() -> None:
    work = WorkSignal()
    work.claimed(False, again_in=0.05)
    work.may_find_more = False
    # Those after a look that saw nothing do not look, and know nothing.
    work.claimed(False, again_in=None)
    await asyncio.wait_for(work.wait(), 20)
    assert work.may_find_more


async def test_the_last_word_counts() -> None:
    work = WorkSignal()
    work.claimed(False, again_in=0.001)
    work.claimed(False, again_in=3600)
    woken = asyncio.create_task(work.wait())
    # Far more than the first one said.
    assert await asyncio.wait({woken}, timeout=0.1) == (set(), {woken})
    woken.cancel()
