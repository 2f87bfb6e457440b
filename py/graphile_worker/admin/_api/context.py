"""The state that all addresses of the API share, and the wrappers around their handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._basis.log import logger
from ..._crontab.crontab import Crontab
from .._database import Database
from .._door.auth import CSRF_HEADER, Auth, has_csrf_token
from .._figures.sampler import Sampler
from .._figures.shared import Shared
from .._json import JsonResponse
from .._problems import Problem, problem_of
from .body import MAX_BODY, body_as, query_as, read_body

B = TypeVar("B")
Endpoint = Callable[[Request], Awaitable[Response]]


class _DryRun(Struct, frozen=True):
    """What is read of a body before it is known whether it may be; all else in it is passed over."""

    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Context:
    """The state of one application that its handlers share."""

    database: Database
    auth: Auth
    csrf_token: str
    read_only: bool
    crontab: Crontab | None = None
    max_body: int = MAX_BODY
    shared: Shared = field(default_factory=Shared)

    def __post_init__(self) -> None:
        stats = self.database.ask
        object.__setattr__(self, "sampler", Sampler(lambda: stats(lambda client: client.stats()), self.shared))

    sampler: Sampler = field(init=False)

    def reads(
        self, path: str, query: type[B], handler: Callable[[B, Request], Awaitable[Any]], *, fresh: float | None = None
    ) -> Route:
        """Makes a route for GET: `handler` gets the query parameters, and returns what becomes JSON.

        `fresh`: for so many seconds its answer serves everybody who asks for the same.
        """

        async def answer(request: Request) -> Any:
            asked = query_as(request, query)
            if fresh is None:
                return await handler(asked, request)
            return await self.shared.get((path, asked), fresh, lambda: handler(asked, request))

        return Route(path, _endpoint(answer), methods=["GET"])

    def writes(
        self,
        path: str,
        body: type[B],
        handler: Callable[[B], Awaitable[Any]],
        *,
        status: int = 200,
    ) -> Route:
        """Makes a route for POST: `handler` gets the body, once the CSRF token was checked and changes are allowed.

        With `dry_run` it changes nothing and locks nothing, so a page that only reads may do it, and nothing else.
        """
        has_dry_run = hasattr(body, "dry_run")

        async def answer(request: Request) -> Any:
            self._check_csrf(request)
            sent = await (self._dry_run(request, has_dry_run) if self.read_only else read_body(request, self.max_body))
            content = body_as(sent, body)
            is_dry_run = bool(getattr(content, "dry_run", False))
            try:
                outcome = await handler(content)
            finally:
                # Also after an error: a part of it may be done.
                if not is_dry_run:
                    self.shared.clear()
            if not is_dry_run:
                logger.info("admin page: %s: %s %s -> %s", self.auth.user, path, _in_short(content), _size(outcome))
            return JsonResponse(outcome, status)

        return Route(path, _endpoint(answer), methods=["POST"])

    def _check_csrf(self, request: Request) -> None:
        if not has_csrf_token(request.scope["headers"], self.csrf_token):
            raise Problem(
                403,
                "csrf",
                f"the header {CSRF_HEADER} is missing or wrong",
                "It is the csrf_token of /api/session; load that again",
            )

    async def _dry_run(self, request: Request, has_dry_run: bool) -> bytes:
        """Returns the body of a request that only asks what a change would do. Raises Problem for all others.

        Those get one answer, whatever is wrong with them; for addresses without a dry run nothing is read.
        """
        if has_dry_run:
            with suppress(Problem):
                sent = await read_body(request, self.max_body)
                if body_as(sent, _DryRun).dry_run:
                    return sent
        raise Problem(403, "read_only", "this admin page only reads", "It was started with --read-only (read_only)")


def _endpoint(answer: Callable[[Request], Awaitable[Any]]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            outcome = await answer(request)
        except Exception as error:  # Every one has a form that the page can show.
            return problem_of(error).response()
        return outcome if isinstance(outcome, Response) else JsonResponse(outcome)

    return endpoint


def _in_short(content: Any) -> str:
    """Returns what a request asked for, for the log: bounded, on one line, and without payloads."""
    given = {
        field.name: value
        for field in structs.fields(content)
        if not field.name.startswith("payload") and (value := getattr(content, field.name)) != field.default
    }
    text = repr(given)
    return text if len(text) <= 500 else f"{text[:500]}..."


def _size(outcome: dict[str, Any]) -> Any:
    """Returns how much was changed, where the answer says so."""
    return outcome.get("changed", outcome.get("id", "done"))
