"""FastAPI: what lives as long as the application, and is found by its requests."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from graphile_worker import AsyncClient, Client, InvalidArgument, SchemaNotInstalled, TaskRegistry, Worker
from graphile_worker.contrib.starlette import from_state, lifespan
from tests import support

Jobs = Annotated[AsyncClient, Depends(from_state("jobs"))]


def application(url: str, ran: list[int]) -> FastAPI:
    tasks = TaskRegistry()

    @tasks.task
    async def double(payload: dict[str, int]) -> None:
        ran.append(2 * payload["n"])

    app = FastAPI(lifespan=lifespan(jobs=lambda: AsyncClient(url), worker=lambda: Worker(url, tasks)))

    @app.post("/double/{n}")
    async def add(n: int, jobs: Jobs) -> int:
        return (await jobs.add_job("double", {"n": n})).id

    return app


def test_a_client_and_a_worker_live_as_long_as_the_application(database: str) -> None:
    ran: list[int] = []
    app = application(database, ran)
    # Twice, as the tests of an application do.
    for n in (1, 2):
        with TestClient(app) as browser:
            assert browser.post(f"/double/{n}").status_code == 200
            support.wait_until(lambda n=n: ran[-1:] == [2 * n])
    with Client(database) as client:
        assert client.list_jobs() == []
        # The worker has ended, and does nothing more.
        client.add_job("double", {"n": 3})
        assert [job.task_identifier for job in client.list_jobs()] == ["double"]
    assert ran == [2, 4]


def test_an_application_whose_worker_cannot_start_does_not_start(empty_database: str) -> None:
    with pytest.raises(SchemaNotInstalled), TestClient(application(empty_database, [])):
        pytest.fail("it has started")


def test_what_is_no_function_is_refused_at_once() -> None:
    opened: Any = AsyncClient("postgresql://nowhere.invalid/nothing")
    with pytest.raises(InvalidArgument, match=r"bad jobs.*lifespan\(jobs=lambda: ...\)"):
        lifespan(jobs=opened)


def test_what_the_application_does_not_keep_is_named() -> None:
    def look(request: Request) -> PlainTextResponse:
        with pytest.raises(InvalidArgument, match=r"keeps no 'jobs'.*lifespan\(jobs=...\)"):
            from_state("jobs")(request)
        return PlainTextResponse("named")

    with TestClient(Starlette(routes=[Route("/", look)], lifespan=lifespan())) as browser:
        assert browser.get("/").text == "named"
