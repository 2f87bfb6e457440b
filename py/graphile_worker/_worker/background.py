"""A worker beside other things: who starts it hears whether it runs, and the log what it ends by."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from .._basis.error_text import describe
from .._basis.log import logger

if TYPE_CHECKING:
    from .host import Body


async def begin_beside(
    work: asyncio.Task[None], begun: asyncio.Event, stop: Callable[..., None], body: Body | None
) -> None:
    """Waits until a worker has `begun`, from when on the `body` may be interrupted. Raises what `work`, its task, ends
    by before that.
    """
    waiting = asyncio.create_task(begun.wait())
    try:
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        stop(now=True, reason="cancelled")
        await asyncio.wait({work})
        raise
    finally:
        waiting.cancel()
    if work.done():
        work.result()
    # Raised where the block is left, which may be days later.
    work.add_done_callback(_tell)
    if body is not None:
        body.enter()


def _tell(work: asyncio.Task[None]) -> None:
    if not work.cancelled() and (error := work.exception()) is not None:
        logger.error("the worker has ended, and nobody runs its jobs here: %s", describe(error))
