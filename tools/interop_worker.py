"""Our side of tools/interop.py: what interop_worker.mjs is for Node, with the same calls and events.

python tools/interop_worker.py DATABASE_URL
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from graphile_worker import (
    AsyncClient,
    GraphileWorkerError,
    JobContext,
    JobSpec,
    LocalQueue,
    TaskRegistry,
    Worker,
    migrate,
)


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


class Agent:
    """A client, and at most one worker at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = AsyncClient(url)
        self.worker: Worker | None = None
        self.run: asyncio.Task[None] | None = None
        self.released = asyncio.Event()

    async def serve(self) -> None:
        """Answers the lines of standard input until it ends, or until the worker ends by a signal."""
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        say({"reply": None})
        while line := await self._line(lines):
            request = json.loads(line)
            try:
                call: Callable[..., Awaitable[Any]] = getattr(self, f"call_{request['call']}")
                say({"reply": await call(**request["args"])})
            except (GraphileWorkerError, psycopg.Error) as error:
                say({"error": {"code": error.sqlstate, "message": str(error)}})
        await self.call_stop()
        await self.client.close()

    async def _line(self, lines: asyncio.StreamReader) -> bytes:
        """Returns the next line; an empty one when there are no more, or the worker has ended."""
        reading = asyncio.create_task(lines.readline())
        await asyncio.wait({reading, self.run} if self.run else {reading}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            return reading.result()
        reading.cancel()
        return b""

    async def call_start(
        self,
        tasks: dict[str, str],
        concurrency: int = 2,
        poll_interval: float = 0.25,
        local_queue: int | None = None,
        forbidden_flags: list[str] | None = None,
        signals: bool = False,
        reset_locked: bool = False,  # noqa: ARG002 - at every start, without being told
    ) -> None:
        registry = TaskRegistry()
        for name, kind in tasks.items():
            registry.add(self._handler(kind), name)
        self.released = asyncio.Event()
        self.worker = Worker(
            self.url,
            registry,
            concurrency=concurrency,
            poll_interval=timedelta(seconds=poll_interval),
            local_queue=LocalQueue(size=local_queue) if local_queue else None,
            forbidden_flags=forbidden_flags,
            grace_period=timedelta(milliseconds=200),
            interrupted_job_retry_delay=timedelta(0),
        )
        self.run = asyncio.create_task(self.worker.run(handle_signals=signals))

    async def call_stop(self) -> None:
        if self.worker is not None and self.run is not None:
            self.worker.stop()
            await self.run
        self.worker = self.run = None

    async def call_release(self) -> None:
        self.released.set()

    async def call_add_job(self, identifier: str, payload: Any, **spec: Any) -> int:
        return (await self.client.add_job(identifier, payload, **_with_time(spec))).id

    async def call_add_jobs(self, specs: list[dict[str, Any]], preserve_run_at: bool = False) -> list[int]:
        jobs = [JobSpec(**_with_time(spec)) for spec in specs]
        return await self.client.add_jobs(jobs, job_key_preserve_run_at=preserve_run_at)

    async def call_remove_job(self, job_key: str) -> int | None:
        job = await self.client.remove_job(job_key)
        return job.id if job else None

    async def call_reschedule(self, job_ids: list[int], max_attempts: int | None = None) -> list[int]:
        jobs = await self.client.reschedule_jobs(job_ids, run_at=datetime.now(UTC), max_attempts=max_attempts)
        return [job.id for job in jobs]

    async def call_migrate(self) -> list[str]:
        result = await asyncio.to_thread(migrate, self.url)
        return result.applied + ["functions"] * result.bundle_replaced

    async def call_release_expired_locks(self) -> list[int | None]:
        return [lock.job_id for lock in await self.client.release_expired_locks()]

    def _handler(self, kind: str) -> Callable[[Any, JobContext], Awaitable[None]]:
        async def handle(payload: Any, context: JobContext) -> None:
            start = time.monotonic_ns()
            job = context.job
            facts = {
                "job": job.id,
                "task": job.task_identifier,
                "payload": payload,
                "queue": job.queue_name,
                "key": job.key,
                "priority": job.priority,
                "run_at": job.run_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "attempts": job.attempts,
                "max_attempts": job.max_attempts,
                "flags": dict.fromkeys(job.flags, True) or None,
            }
            if kind.startswith("hold"):
                say({"event": "held", **facts})
                await self.released.wait()
            else:
                await asyncio.sleep(0.003)
            say({"event": "run", **facts, "start": str(start), "end": str(time.monotonic_ns())})
            if kind in ("fail", "hold and fail") or (kind == "fail marked" and payload.get("fails")):
                raise ValueError("boom in python")

        return handle


def _with_time(spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "run_at": datetime.fromisoformat(spec["run_at"])} if spec.get("run_at") else spec


async def main() -> None:
    # Jobs fail on purpose here.
    logging.getLogger("graphile_worker").setLevel(logging.CRITICAL)
    await Agent(sys.argv[1]).serve()


if __name__ == "__main__":
    asyncio.run(main())
