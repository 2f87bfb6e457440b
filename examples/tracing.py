"""OpenTelemetry: the request that adds a job, and the run of the job, linked. Prints both spans.

Run with DATABASE_URL set: python examples/tracing.py
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from graphile_worker import AsyncClient, Hooks, TaskRegistry, Worker, migrate
from graphile_worker.contrib.opentelemetry import OpenTelemetry

tasks = TaskRegistry()


@tasks.task
async def send_email(payload: dict[str, Any]) -> None: ...


async def main() -> None:
    url = os.environ["DATABASE_URL"]
    migrate(url)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)

    telemetry = OpenTelemetry()
    async with AsyncClient(url, hooks=Hooks([telemetry])) as client:
        with trace.get_tracer("example").start_as_current_span("POST /signup"):
            await client.add_job("send_email", {"to": "ada@example.com"})
    await Worker(url, tasks, plugins=[telemetry]).run_once()


if __name__ == "__main__":
    asyncio.run(main())
