"""The admin page inside an application of your own, here FastAPI, next to its other pages.

Run with DATABASE_URL set: python examples/admin_page.py
It asks itself for the page and ends. To look at it: uvicorn examples.admin_page:app, then http://127.0.0.1:8000/jobs/
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from graphile_worker import AsyncClient, migrate
from graphile_worker.admin import BasicAuth, create_app

url = os.environ.get("DATABASE_URL", "postgresql://localhost/app")
# In production the password comes from a vault, and the page may be for looks only: read_only=True.
auth = BasicAuth(password=os.environ.get("GRAPHILE_WORKER_ADMIN_PASSWORD") or None)
admin = create_app(url, auth=auth)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    # A mounted application is not told about the end of the one it is mounted in.
    async with admin:
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/jobs", admin)


@app.post("/signup/{name}")
async def sign_up(name: str) -> dict[str, int]:
    async with AsyncClient(url) as client:
        return {"job": (await client.add_job("send_welcome", {"name": name})).id}


async def main() -> None:
    migrate(url)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser,
    ):
        print("sign up:", (await browser.post("/signup/ada")).json())
        print("the page, for strangers:", (await browser.get("/jobs/")).status_code)
        known = httpx.BasicAuth(auth.user, auth.password)
        print("the page, for operators:", (await browser.get("/jobs/", auth=known)).status_code)
        overview = (await browser.get("/jobs/api/overview", auth=known)).json()
        print("jobs that are ready:", overview["stats"]["ready"])


if __name__ == "__main__":
    asyncio.run(main())
