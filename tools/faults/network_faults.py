"""Faults of the network between one worker and the server; another worker has a way of its own."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import ClassVar

from .fault import Fault
from .lab import Lab
from .process_faults import FrozenWorkers
from .proxy import Proxy, proxied
from .verdict import SECOND


class Cut(Fault):
    """Every connection of one worker is reset, and every new one refused; shortly, then until others take over."""

    name = "network cut"
    shortly: ClassVar[float] = 0.5
    longer: ClassVar[float] = 6.0

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    def cut(self, proxy: Proxy) -> None:
        proxy.refuse()

    async def prepare(self, lab: Lab) -> None:
        self._proxy, url = await self._stack.enter_async_context(proxied(lab.url))
        await lab.start_worker(url, **FrozenWorkers.options)
        await lab.start_worker(**FrozenWorkers.options)

    async def inflict(self, lab: Lab, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # Within the grace nothing is taken from it.
            lab.strike()
            self.cut(self._proxy)
            await asyncio.sleep(self.shortly)
            self._proxy.restore()
            await asyncio.sleep(1.5)
            start = lab.strike()
            self.cut(self._proxy)
            await asyncio.sleep(self.longer)
            self._proxy.restore()
            # Neither its heartbeat nor its connection is missed for long enough before.
            patience = min(FrozenWorkers.threshold - FrozenWorkers.heartbeat, FrozenWorkers.grace)
            dead_from = start + int(patience * SECOND)
            lab.declare_dead(lab.workers[0], dead_from, time.monotonic_ns() + SECOND, silent_from=start)
            await asyncio.sleep(2)

    async def close(self) -> None:
        await self._stack.aclose()


class Silence(Cut):
    """Every connection of one worker stays open, and nothing comes through; shortly, then until others take over."""

    name = "network silence"

    def cut(self, proxy: Proxy) -> None:
        proxy.silence()
