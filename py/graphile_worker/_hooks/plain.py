"""Decisions for the plain client, without an event loop."""

from __future__ import annotations

import inspect

from .._basis.errors import GraphileWorkerError
from .._basis.own_tasks import must_end
from .hooks import Chain, E, Hooks, log_error, name_of


def decided_plain(hooks: Hooks, event: E) -> Chain[E]:
    """Asks like `Hooks.decided`. Raises GraphileWorkerError for an async interceptor."""
    chain = Chain(event)
    for function in hooks.of(event):
        try:
            answer = function(chain.event)
        # A stranger's code may raise anything.
        except BaseException as error:
            if must_end(error):
                raise
            log_error(function, event, error)
            continue
        if inspect.iscoroutine(answer):
            answer.close()
        if inspect.isawaitable(answer):
            raise GraphileWorkerError(
                f"the hook {name_of(function)} is async, and was called by the plain Client",
                hint="Make it a plain function, which serves both clients, or use AsyncClient",
            )
        if chain.settled_by(answer):
            break
    return chain
