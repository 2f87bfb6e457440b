"""Jobs in the transaction of a SQLAlchemy session, blocking and async.

Run with DATABASE_URL set: python examples/sqlalchemy_orders.py
"""

from __future__ import annotations

import asyncio
import os

from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from graphile_worker import migrate
from graphile_worker.contrib.sqlalchemy import client_for
from graphile_worker.testing import jobs_of

URL = os.environ["DATABASE_URL"]
ENGINE_URL = make_url(URL).set(drivername="postgresql+psycopg")


class Base(DeclarativeBase): ...


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


def place_order(session: Session, *, bad: bool = False) -> None:
    order = Order()
    session.add(order)
    session.flush()  # The database gives it its id.
    client_for(session).add_job("send_invoice", {"order": order.id})
    if bad:
        raise ValueError("the card was refused")


async def place_order_async(session: AsyncSession) -> None:
    order = Order()
    session.add(order)
    await session.flush()
    await client_for(session).add_job("send_invoice", {"order": order.id})


async def main_async() -> None:
    engine = create_async_engine(ENGINE_URL)
    async with AsyncSession(engine) as session, session.begin():
        await place_order_async(session)
    await engine.dispose()


def main() -> None:
    migrate(URL)
    engine = create_engine(ENGINE_URL)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        place_order(session)
    try:
        with Session(engine) as session, session.begin():
            place_order(session, bad=True)
    except ValueError as error:
        print(f"no order and no job: {error}")
    engine.dispose()
    asyncio.run(main_async())
    print("jobs:", [job.payload for job in jobs_of(URL, "send_invoice")])


if __name__ == "__main__":
    main()
