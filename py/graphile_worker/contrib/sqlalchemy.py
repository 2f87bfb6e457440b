"""Jobs in the transaction of a SQLAlchemy session or connection: added in it, or completed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, TypeVar, overload

import psycopg
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from .._basis.errors import InvalidArgument
from .._client.async_client import AsyncClient
from .._client.client import Client
from .._hooks.hooks import Hooks
from .._tasks.context import JobContext
from .._tasks.transaction import ended, finishing
from ._driver import checked

__all__ = ["client_for", "transaction_for"]

Plain = TypeVar("Plain", Session, scoped_session[Any], Connection)
Async = TypeVar("Async", AsyncSession, async_scoped_session[Any], AsyncConnection)


_REMEDY = "Name psycopg 3 in the url of the engine: postgresql+psycopg://... (pip install 'psycopg[binary]')"
_ASYNC_REMEDY = "Give the AsyncSession or AsyncConnection itself; it makes an AsyncClient"


@overload
def client_for(
    session: Session | scoped_session[Any] | Connection, *, schema: str = ..., hooks: Hooks | None = ...
) -> Client: ...
@overload
def client_for(
    session: AsyncSession | async_scoped_session[Any] | AsyncConnection, *, schema: str = ..., hooks: Hooks | None = ...
) -> AsyncClient: ...
def client_for(session: Any, *, schema: str = "graphile_worker", hooks: Hooks | None = None) -> Client | AsyncClient:
    """Makes a client whose every call is part of the transaction that `session` is in, or begins one.

    It commits nothing: jobs exist if and only if the session commits. It lives as long as the session, whatever
    connections that goes through. Takes Session, scoped_session and Connection for a Client; AsyncSession,
    async_scoped_session and AsyncConnection for an AsyncClient. The engine must run on psycopg 3; on another driver the
    first call raises InvalidArgument.

    >>> with Session(engine) as session:  # doctest: +SKIP
    ...     session.add(Order(id=7))
    ...     client_for(session).add_job("send_invoice", {"order": 7})
    ...     session.commit()
    """
    if isinstance(session, (AsyncSession, async_scoped_session)):
        return AsyncClient(lambda: _of_async_session(session), schema=schema, hooks=hooks)
    if isinstance(session, AsyncConnection):
        return AsyncClient(lambda: _of_async_connection(session), schema=schema, hooks=hooks)
    if isinstance(session, (Session, scoped_session)):
        return Client(lambda: _of_connection(session.connection()), schema=schema, hooks=hooks)
    if isinstance(session, Connection):
        return Client(lambda: _of_connection(session), schema=schema, hooks=hooks)
    raise InvalidArgument(
        f"a {type(session).__name__} has no transaction to add jobs in",
        hint="Give a session or connection of SQLAlchemy",
    )


@overload
def transaction_for(context: JobContext, session: Plain) -> AbstractContextManager[Plain]: ...
@overload
def transaction_for(context: JobContext, session: Async) -> AbstractAsyncContextManager[Async]: ...
def transaction_for(context: JobContext, session: Any) -> Any:
    """Makes a block of a handler's that commits what `session` has done, together with the completion of the job:
    `context.transaction()` on a session or connection of SQLAlchemy's. What raises in it rolls back.

    `async with`, in an async handler, for AsyncSession, async_scoped_session and AsyncConnection; `with`, in a plain
    one, for Session, scoped_session and Connection. Begin and commit nothing besides. Raises what
    JobContext.transaction does, and InvalidArgument for the isolation level AUTOCOMMIT. The role of the engine has to
    be one that may run jobs (`grant_role` with 'worker').

    >>> async with AsyncSession(engine) as session, transaction_for(context, session):  # doctest: +SKIP
    ...     session.add(Payment(order=7))
    """
    if isinstance(session, (AsyncSession, async_scoped_session, AsyncConnection)):
        return _async_transaction(context, session)
    if isinstance(session, (Session, scoped_session, Connection)):
        return _transaction(context, session)
    raise InvalidArgument(
        f"a {type(session).__name__} has no transaction to complete a job in",
        hint="Give a session or connection of SQLAlchemy",
    )


@contextmanager
def _transaction(context: JobContext, session: Any) -> Iterator[Any]:
    with finishing(context) as finish:
        is_connection = isinstance(session, Connection)
        _refuse_autocommit(_of_connection(session if is_connection else session.connection()))
        begun = _begun(session)
        try:
            yield session
            _refuse_ended(session, begun, context)
            if not is_connection:
                session.flush()
            finish.complete_plain(client_for(session, schema=context._client.schema))  # noqa: SLF001
        except BaseException:
            session.rollback()
            raise

        def commit() -> None:
            try:
                session.commit()
            except BaseException:
                session.rollback()
                raise

        finish.commit_plain(commit)


@asynccontextmanager
async def _async_transaction(context: JobContext, session: Any) -> AsyncIterator[Any]:
    with finishing(context) as finish:
        is_connection = isinstance(session, AsyncConnection)
        _refuse_autocommit(await _of_async_connection(session if is_connection else await session.connection()))
        begun = _begun(session)
        try:
            yield session
            _refuse_ended(session, begun, context)
            if not is_connection:
                await session.flush()
            await finish.complete(client_for(session, schema=context._client.schema))  # noqa: SLF001
        except BaseException:
            await session.rollback()
            raise

        async def commit() -> None:
            try:
                await session.commit()
            except BaseException:
                await session.rollback()
                raise

        await finish.commit(commit())


def _begun(session: Any) -> object:
    """Returns what SQLAlchemy knows the transaction by that a session or connection is in; None for none."""
    own = session() if isinstance(session, (scoped_session, async_scoped_session)) else session
    if isinstance(own, AsyncSession):
        own = own.sync_session
    elif isinstance(own, AsyncConnection):
        own = own.sync_connection
    return own.get_transaction()


def _refuse_ended(session: Any, begun: object, context: JobContext) -> None:
    if _begun(session) is not begun:
        raise ended(context.job)


def _refuse_autocommit(connection: psycopg.BaseConnection[Any]) -> None:
    if connection.autocommit:
        raise InvalidArgument(
            "this session commits each statement, so nothing can be committed together with the job",
            hint="Give one whose isolation level is not AUTOCOMMIT",
        )


def _of_connection(connection: Connection) -> psycopg.Connection[Any]:
    driver_connection = connection.connection.driver_connection
    remedy = _ASYNC_REMEDY if isinstance(driver_connection, psycopg.AsyncConnection) else _REMEDY
    checked(driver_connection, psycopg.Connection, whose="this SQLAlchemy engine", remedy=remedy)
    # What goes past SQLAlchemy begins no transaction that it knows of, and its commit would do nothing.
    if not connection.in_transaction():
        connection.begin()
    return driver_connection  # type: ignore[return-value]


async def _of_async_session(session: AsyncSession | async_scoped_session[Any]) -> psycopg.AsyncConnection[Any]:
    return await _of_async_connection(await session.connection())


async def _of_async_connection(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    raw = await connection.get_raw_connection()
    driver_connection = checked(
        raw.driver_connection, psycopg.AsyncConnection, whose="this SQLAlchemy engine", remedy=_REMEDY
    )
    if not connection.in_transaction():
        await connection.begin()
    return driver_connection
