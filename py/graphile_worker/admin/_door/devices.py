"""Browsers that have been let in before: failed logins of others at the same address do not hold them up.

A cookie proves that; it lets nobody in. Whoever has one has a count of wrong tries of his own (OWASP: device cookies).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Scope

COOKIE = "graphile_worker_known"
_SECONDS = 90 * 86400


class Devices:
    """Makes the cookies and knows them again. `secret`: what is guarded; when it changes, all begin anew."""

    def __init__(self, secret: bytes | None) -> None:
        self._key = secret or secrets.token_bytes(32)

    def known(self, scope: Scope) -> str | None:
        """Returns the id of the browser that sends the request; None unless it has been let in before."""
        name, _, proof = HTTPConnection(scope).cookies.get(COOKIE, "").partition(".")
        return name if hmac.compare_digest(self._proof(name).encode(), proof.encode()) else None

    def remember(self, scope: Scope, message: MutableMapping[str, Any]) -> None:
        """Adds a cookie for the browser to the start of a response, for the folder that the request is for."""
        name = secrets.token_hex(16)
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        value = f"{COOKIE}={name}.{self._proof(name)}; Max-Age={_SECONDS}; HttpOnly; SameSite=Lax{secure}"
        MutableHeaders(raw=message["headers"]).append("set-cookie", value)

    def _proof(self, name: str) -> str:
        message = f"graphile_worker admin device {name}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
