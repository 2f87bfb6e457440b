"""The outermost layer: adds headers to every response, and refuses requests that no page of ours makes."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .._problems import Problem
from .addresses import host_name

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-robots-tag": "noindex, nofollow",
}


class Shield:
    """Adds the headers to every answer of `app`; refuses what comes from other sites or under another name.

    `allowed_hosts`: names by which the server may be called, None for any. A site that has its own name point at this
    address (DNS rebinding) can talk to it only under that name.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str] | None) -> None:
        self._app = app
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        problem = self._refusal(Headers(scope=scope), scope)
        answer = problem.response() if problem else self._app
        await answer(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers, scope: Scope) -> Problem | None:
        hosts = headers.getlist("host")
        if len(hosts) > 1:
            return Problem(400, "host", "the request has several Host headers")
        host = hosts[0] if hosts else ""
        if self._allowed_hosts is not None and host_name(host) not in self._allowed_hosts:
            return Problem(
                421,
                "host",
                f"this server does not go by the name {host!r}",
                "Open it as http://localhost, or name the host with --allowed-host (allowed_hosts)",
            )
        # A link to the page may stand anywhere; what the page asks for, and sends, comes from the page.
        reads_page = scope["method"] in ("GET", "HEAD") and headers.get("sec-fetch-mode", "navigate") == "navigate"
        if not reads_page and _is_foreign(headers, host):
            return Problem(403, "cross_origin", "the request comes from another site")
        return None


def _is_foreign(headers: Headers, host: str) -> bool:
    """Tells whether a browser says that another site's page sends the request; other programs say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    # The scheme can't be compared: a proxy may have ended TLS.
    return origin is not None and origin.lower().partition("://")[2] != host.lower()


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(raw=message["headers"])
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    headers.setdefault("cache-control", "no-store")
