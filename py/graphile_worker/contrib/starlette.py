"""FastAPI and Starlette: clients, workers and the admin page that live as long as an application does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.requests import HTTPConnection

from .._basis.arguments import refuse
from .._basis.errors import InvalidArgument

__all__ = ["from_state", "lifespan"]


def lifespan(
    **opened: Callable[[], AbstractAsyncContextManager[Any]],
) -> Callable[[Any], AbstractAsyncContextManager[dict[str, Any]]]:
    """Makes the `lifespan` of a FastAPI or Starlette application: what the functions return, an AsyncClient, a Worker,
    the admin page, is entered in their order when it starts, and left in reverse when it ends.

    A request finds each as `request.state.NAME`, a dependency by `from_state`. The functions are called at each start,
    so an application that is started again, as tests do, has new ones. Raises what these raise: then the application
    does not start. What a Worker ends by later is logged.

    >>> app = FastAPI(lifespan=lifespan(jobs=lambda: AsyncClient(url), worker=lambda: Worker(url, tasks)))
    ... # doctest: +SKIP
    """

    given: dict[str, Any] = dict(opened)
    for name, make in given.items():
        if not callable(make):
            rule = f"It is a function that makes one at each start: lifespan({name}=lambda: ...)"
            refuse(name, make, rule)

    @asynccontextmanager
    async def live(_app: Any) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            yield {name: await stack.enter_async_context(make()) for name, make in opened.items()}

    return live


def from_state(name: str) -> Callable[[HTTPConnection], Any]:
    """Makes a dependency of FastAPI's: what `lifespan` keeps by that name. Raises InvalidArgument when there is none.

    >>> Jobs = Annotated[AsyncClient, Depends(from_state("jobs"))]  # doctest: +SKIP
    >>> @app.post("/signup/{name}")  # doctest: +SKIP
    ... async def sign_up(name: str, jobs: Jobs) -> None:
    ...     await jobs.add_job("send_welcome", {"name": name})
    """

    def dependency(request: HTTPConnection) -> Any:
        try:
            return getattr(request.state, name)
        except AttributeError:
            raise InvalidArgument(
                f"the application keeps no {name!r}",
                hint=f"Give it to its lifespan: FastAPI(lifespan=lifespan({name}=...)); a mounted application has none",
            ) from None

    return dependency
