"""What is optional stays out until it is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tools.closure import ON_DEMAND

OPTIONAL = [
    "django",
    "json5",
    "opentelemetry",
    "prometheus_client",
    "pytest",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
]


@pytest.mark.parametrize("module", ["graphile_worker", "graphile_worker._cli", "graphile_worker.testing"])
def test_nothing_optional_is_imported(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {OPTIONAL} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


ADDS = """
import asyncio, sys
from graphile_worker import AsyncClient, Client
async def add():
    async with AsyncClient(sys.argv[1]) as client:
        await client.add_job("t")
asyncio.run(add())
with Client(sys.argv[1]) as client:
    client.add_job("t")
"""
WORKS = """
import asyncio, sys
from graphile_worker import TaskRegistry, Worker
tasks = TaskRegistry()
@tasks.task
async def t(payload, context):
    await context.client.add_job("u")
    worker.stop()
worker = Worker(sys.argv[1], tasks)
async def work():
    await worker.run()
asyncio.run(work())
"""


@pytest.mark.parametrize("program", [ADDS, ADDS + WORKS], ids=["adds", "adds and works"])
def test_what_the_closure_leaves_out_is_not_loaded(database: str, program: str) -> None:
    """A figure of `make closure` counts what a program loads that adds a job, or works on it."""
    program += "\nprint([name for name in sys.modules if name.startswith('graphile_worker.')])"
    result = subprocess.run([sys.executable, "-c", program, database], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(result.stdout)
    unexpected = [
        name
        for name in loaded
        for room in ON_DEMAND
        if f"{name}.".startswith(f"graphile_worker.{room}.") and not ("Worker" in program and room == "_schema")
    ]
    assert unexpected == []
