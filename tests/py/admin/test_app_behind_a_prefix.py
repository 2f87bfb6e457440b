"""The page in an application of somebody's, behind a proxy that takes a prefix off the path: docs/admin.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from graphile_worker.admin import NoAuth, create_app


@asynccontextmanager
async def browser(url: str, root_path: str) -> AsyncIterator[httpx.AsyncClient]:
    page = create_app(url, auth=NoAuth(host_app_authenticates=True))
    app = FastAPI()
    app.mount("/jobs", page)
    transport = httpx.ASGITransport(app=app, root_path=root_path)
    async with page, httpx.AsyncClient(transport=transport, base_url="http://there") as client:
        yield client


@pytest.mark.parametrize("path", ["/prefix/jobs/", "/prefix/jobs/api/overview"])
async def test_a_server_that_knows_the_prefix(database: str, path: str) -> None:
    """What `uvicorn --root-path` does: the path of a request is whole again."""
    async with browser(database, "/prefix") as client:
        assert (await client.get(path)).status_code == 200


async def test_its_redirect_keeps_the_prefix(database: str) -> None:
    async with browser(database, "/prefix") as client:
        assert (await client.get("/prefix/jobs")).headers["location"] == "http://there/prefix/jobs/"


async def test_a_server_that_does_not_know_it_serves_the_page_all_the_same(database: str) -> None:
    async with browser(database, "") as client:
        page = await client.get("/jobs/")
        assert page.status_code == 200
        # Whatever it asks for is beside it, wherever that is.
        assert 'href="/' not in page.text
        assert 'src="/' not in page.text
