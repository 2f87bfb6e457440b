"""Jobs in the transaction of a Django database connection: added in it, or completed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db import connections, transaction

from ..._basis.errors import InvalidArgument, SchemaNotInstalled
from ..._calls.call import Call
from ..._client.client import Client
from ..._hooks.hooks import Hooks
from ..._tasks.context import JobContext
from ..._tasks.transaction import finishing
from .._driver import checked
from .configuration import configured

__all__ = ["client_for", "transaction_for"]

T = TypeVar("T")
_REMEDY = "Django takes psycopg 3 where it is installed: pip install 'psycopg[binary]'"


def client_for(using: Any = None, *, schema: str | None = None, hooks: Hooks | None = None) -> Client:
    """Makes a client for a connection of Django's: `using` is its alias, or the connection itself; by default what the
    setting GRAPHILE_WORKER names, or else Django's default database.

    Inside `transaction.atomic()` jobs exist if and only if the block commits, savepoints included; outside of it, in
    Django's autocommit mode, they exist at once. Each thread uses its own connection, as it does with Django's models,
    so one client made at import serves the whole process. From async code: `await sync_to_async(client.add_job)(...)`.

    >>> jobs = client_for()  # doctest: +SKIP
    >>> with transaction.atomic():  # doctest: +SKIP
    ...     order = Order.objects.create()
    ...     jobs.add_job("send_invoice", {"order": order.pk})
    """

    given = configured()
    using = given.database if using is None else using

    def driver_connection() -> psycopg.Connection[Any]:
        wrapper = connections[using] if isinstance(using, str) else using
        if wrapper.vendor != "postgresql":
            raise InvalidArgument(
                f"the Django database {wrapper.alias!r} is {wrapper.display_name}, and the queue lives in PostgreSQL",
                hint="Name another: client_for(using=ALIAS)",
            )
        wrapper.validate_no_broken_transaction()
        wrapper.ensure_connection()
        whose = f"the Django database {wrapper.alias!r}"
        return checked(wrapper.connection, psycopg.Connection, whose=whose, remedy=_REMEDY)

    return _Client(driver_connection, schema=schema or given.schema, hooks=hooks)


class _Client(Client):
    def _run(self, call: Call[T]) -> T:
        try:
            return super()._run(call)
        except SchemaNotInstalled as error:
            error.hint = "Run `manage.py graphile_worker migrate`, for the same database and schema as here"
            raise


@contextmanager
def transaction_for(context: JobContext, using: Any = None) -> Iterator[None]:
    """Makes an `atomic` block of a handler's that completes its job when it is committed: `context.transaction()` on a
    connection of Django's, `using` as in `client_for`. The handler is a plain function: it runs in a thread.

    Raises what JobContext.transaction does, and RuntimeError within another `atomic`, whose commit it would have to be.
    The role of that connection has to be one that may run jobs (`grant_role` with 'worker').

    >>> with transaction_for(context):  # doctest: +SKIP
    ...     Account.objects.filter(pk=7).update(balance=F("balance") - 10)
    """
    using = configured().database if using is None else using
    alias = using if isinstance(using, str) else using.alias
    with finishing(context) as finish:
        # Within a TestCase it is a savepoint.
        is_ours = not connections[alias].in_atomic_block
        block = transaction.atomic(using=alias, durable=True)
        block.__enter__()
        try:
            yield
            finish.complete_plain(client_for(alias, schema=context._client.schema), is_ours=is_ours)  # noqa: SLF001
        except BaseException as error:
            block.__exit__(type(error), error, error.__traceback__)
            raise
        finish.commit_plain(lambda: block.__exit__(None, None, None))
