"""FastAPI: a client and a worker that live as long as the application, and jobs in the transaction of a request.

Run with DATABASE_URL set: python examples/fastapi_signup.py
It asks itself and ends. To serve it: uvicorn examples.fastapi_signup:app
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from graphile_worker import AsyncClient, TaskRegistry, Worker, migrate
from graphile_worker.contrib.sqlalchemy import client_for
from graphile_worker.contrib.starlette import from_state, lifespan

url = os.environ.get("DATABASE_URL", "postgresql://localhost/app")
engine = create_async_engine(make_url(url).set(drivername="postgresql+psycopg"))
tasks = TaskRegistry()
welcomed: asyncio.Queue[str] = asyncio.Queue()


@tasks.task
async def send_welcome(payload: dict[str, str]) -> None:
    await welcomed.put(payload["name"])


# A worker beside the application is for small ones; else `graphile-worker run` in a process of its own.
app = FastAPI(lifespan=lifespan(jobs=lambda: AsyncClient(url), worker=lambda: Worker(url, tasks)))


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session, session.begin():
        yield session


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
Jobs = Annotated[AsyncClient, Depends(from_state("jobs"))]


@app.post("/signup/{name}")
async def sign_up(name: str, session: Session) -> dict[str, int]:
    await session.execute(text("insert into people values (:name)"), {"name": name})
    job = await client_for(session).add_job("send_welcome", {"name": name})
    if name == "mallory":
        # Neither the row nor the job will have been there.
        raise HTTPException(403)
    return {"job": job.id}


@app.post("/again/{name}")
async def again(name: str, jobs: Jobs) -> dict[str, int]:
    return {"job": (await jobs.add_job("send_welcome", {"name": name})).id}


async def main() -> None:
    await asyncio.to_thread(migrate, url)
    async with engine.begin() as connection:
        await connection.execute(text("create table if not exists people (name text)"))
    async with app.router.lifespan_context(app) as state:
        # A server hands the state on; what calls the application without one has to.
        async def with_state(scope, receive, send):  # noqa: ANN001, ANN202
            await app({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(app=with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
            for path in ("signup/ada", "signup/mallory", "again/ada"):
                print(path, (await browser.post(f"/{path}")).status_code)
            print("welcomed:", await welcomed.get(), await welcomed.get())
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
