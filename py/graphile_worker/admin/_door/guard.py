"""The check of credentials before a request reaches an application."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..._basis.log import logger
from .._problems import Problem
from .addresses import Networks, client_group, true_client
from .auth import Auth
from .devices import Devices
from .throttle import Throttle


@dataclass(frozen=True, slots=True)
class Gate:
    """A way to authenticate, with one count of failed logins for all that it guards."""

    auth: Auth
    throttle: Throttle
    devices: Devices
    trusted_proxies: Networks = ()

    def guard(self, app: ASGIApp) -> Guard:
        return Guard(app, self)

    def check(self, scope: Scope) -> Problem | None:
        """Returns None for a request that may come in, else the Problem to answer with."""
        address = scope["client"][0] if scope.get("client") else None
        verdict = self.auth.judge(scope["headers"], address)
        if self.auth.mode == "none":
            return None if verdict == "welcome" else _not_from_here()
        client = client_group(true_client(address, _forwarded_for(scope), self.trusted_proxies))
        device = self.devices.known(scope)
        counted = client if device is None else f"device {device}"
        # A client that is out of tries is not told that it has guessed the secret.
        if verdict != "missing" and (wait := self.throttle.wait(counted, known=device is not None)):
            return Problem(
                429,
                "too_many_logins",
                "too many wrong tries",
                f"Wait {wait} seconds",
                headers={"retry-after": str(wait)},
                retry_after=wait,
            )
        if verdict == "welcome":
            self.throttle.succeeded(counted)
            return None
        if verdict == "wrong":
            self.throttle.failed(counted)
            logger.warning("admin page: a wrong %s secret from %s", self.auth.mode, client)
        return self._unauthorized(verdict == "wrong")

    def _unauthorized(self, was_wrong: bool) -> Problem:
        challenge = self.auth.challenge
        return Problem(
            401,
            "unauthorized",
            "that is not the right one" if was_wrong else "the admin page wants to know who asks",
            f"Send it in the header {self.auth.header_name}",
            headers={"www-authenticate": challenge} if challenge else None,
            auth=self.auth.mode,
            header_name=self.auth.header_name,
        )


class Guard:
    """An application behind a gate."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if problem := self._gate.check(scope):
            await problem.response()(scope, receive, send)
            return
        devices = self._gate.devices
        if self._gate.auth.mode == "none" or devices.known(scope):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                devices.remember(scope, message)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _forwarded_for(scope: Scope) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]


def _not_from_here() -> Problem:
    return Problem(
        403,
        "forbidden",
        "without a password the admin page answers only to this machine itself, and through no proxy",
        "Choose another way of authentication, or say that the host application authenticates",
    )
