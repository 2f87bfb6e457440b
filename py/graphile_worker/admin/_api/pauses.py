"""Pausing queues and tasks, and resuming them."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from .context import Context
from .params import Body, Instant, Name, Text


class PauseQueue(Body, frozen=True, kw_only=True):
    queue: Name
    reason: Text | None = None
    until: Instant | None = None


class ResumeQueue(Body, frozen=True, kw_only=True):
    queue: Name


class PauseTask(Body, frozen=True, kw_only=True):
    task: Name
    reason: Text | None = None
    until: Instant | None = None


class ResumeTask(Body, frozen=True, kw_only=True):
    task: Name


def routes(context: Context) -> list[Route]:
    ask = context.database.ask

    async def pause_queue(body: PauseQueue) -> dict[str, Any]:
        reason = body.reason or None
        return {"changed": await ask(lambda client: client.pause_queue(body.queue, reason, until=body.until))}

    async def resume_queue(body: ResumeQueue) -> dict[str, Any]:
        return {"changed": await ask(lambda client: client.resume_queue(body.queue))}

    async def pause_task(body: PauseTask) -> dict[str, Any]:
        reason = body.reason or None
        return {"changed": await ask(lambda client: client.pause_task(body.task, reason, until=body.until))}

    async def resume_task(body: ResumeTask) -> dict[str, Any]:
        return {"changed": await ask(lambda client: client.resume_task(body.task))}

    return [
        context.writes("/queues/pause", PauseQueue, pause_queue),
        context.writes("/queues/resume", ResumeQueue, resume_queue),
        context.writes("/tasks/pause", PauseTask, pause_task),
        context.writes("/tasks/resume", ResumeTask, resume_task),
    ]
