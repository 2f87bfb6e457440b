"""Authentication for the admin page: four ways."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
import secrets
from abc import ABC, abstractmethod
from base64 import b64decode
from collections.abc import Sequence
from typing import ClassVar, Literal

from ..._basis.errors import InvalidArgument
from .addresses import FORWARDED, is_loopback

DEFAULT_USER = "admin"
DEFAULT_HEADER = "x-graphile-worker-admin-token"
CSRF_HEADER = "x-graphile-worker-admin-csrf"

RawHeaders = Sequence[tuple[bytes, bytes]]
Verdict = Literal["welcome", "wrong", "missing"]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
# They mean something already, or the browser does not let a page set them.
_TAKEN = frozenset({CSRF_HEADER, "host", "origin", "cookie", "content-length", "content-type", "connection"})


class Auth(ABC):
    """A way to authenticate requests: BasicAuth, BearerAuth, HeaderAuth or NoAuth."""

    mode: ClassVar[Literal["basic", "bearer", "header", "none"]]
    header_name: str | None = None
    """The request header that carries the secret."""
    challenge: str | None = None
    """The value of WWW-Authenticate in responses to those who are not let in."""
    guards_page: bool = False
    """Whether the page itself is shown only to those who are let in. No browser sends a token along with a link."""
    secret: bytes | None = None
    """The secret that only those who are let in know."""
    is_generated: bool = False
    """Whether the secret was made up, so that somebody has to be told of it."""

    @abstractmethod
    def judge(self, headers: RawHeaders, client: str | None) -> Verdict:
        """Decides whether a request with these headers, from this address, is let in."""

    @property
    def user(self) -> str:
        """The name of the user, as far as known: for the log."""
        return self.mode

    def __repr__(self) -> str:
        # Never the secret: it would end up in logs and tracebacks.
        return f"{type(self).__name__}()"


class BasicAuth(Auth):
    """A user name and a password, which the browser asks for. Without a password a random one is made: `password`.

    >>> BasicAuth(password="correct horse").user
    'admin'
    """

    mode = "basic"
    header_name = "authorization"
    challenge = 'Basic realm="graphile_worker", charset="UTF-8"'
    guards_page = True

    def __init__(self, user: str = DEFAULT_USER, password: str | None = None) -> None:
        if not user or ":" in user or not user.isprintable():
            raise InvalidArgument(f"bad user {user!r}", hint="It has at least one character, and no colon")
        if password == "":
            raise InvalidArgument("the password is empty", hint="Leave it out, and a random one is made")
        self.is_generated = password is None
        self.password = _random() if password is None else password
        self._user = user
        self.secret = self.password.encode()
        self._expected = _digest(f"{user}:{self.password}".encode())

    @property
    def user(self) -> str:
        return self._user

    def judge(self, headers: RawHeaders, client: str | None) -> Verdict:  # noqa: ARG002
        value = _the_one(headers, "authorization")
        if value is None:
            return "missing"
        scheme, _, encoded = value.partition(b" ")
        try:
            given = b64decode(encoded.strip(b" "), validate=True)
        except binascii.Error:
            given = b""
        matches = hmac.compare_digest(_digest(given), self._expected)
        return "welcome" if matches and scheme.lower() == b"basic" else "wrong"


class BearerAuth(Auth):
    """A token, sent as `Authorization: Bearer ...`; the page asks for it. Without one a random one is made: `token`."""

    mode = "bearer"
    header_name = "authorization"
    challenge = 'Bearer realm="graphile_worker"'

    def __init__(self, token: str | None = None) -> None:
        self.is_generated = token is None
        self.token = _random() if token is None else token
        self.secret = _token(self.token)
        self._expected = _digest(self.secret)

    def judge(self, headers: RawHeaders, client: str | None) -> Verdict:  # noqa: ARG002
        value = _the_one(headers, "authorization")
        if value is None:
            return "missing"
        scheme, _, given = value.partition(b" ")
        matches = hmac.compare_digest(_digest(given.strip(b" ")), self._expected)
        return "welcome" if matches and scheme.lower() == b"bearer" else "wrong"


class HeaderAuth(Auth):
    """A token in a header of its own, which a proxy adds or the page asks for. Without one a random one is made."""

    mode = "header"

    def __init__(self, token: str | None = None, *, header_name: str = DEFAULT_HEADER) -> None:
        name = header_name.lower()
        if not _HEADER_NAME.fullmatch(name) or name in _TAKEN:
            raise InvalidArgument(f"bad header name {header_name!r}", hint=f"The usual one is {DEFAULT_HEADER}")
        self.header_name: str = name
        self.is_generated = token is None
        self.token = _random() if token is None else token
        self.secret = _token(self.token)
        self._expected = _digest(self.secret)

    def judge(self, headers: RawHeaders, client: str | None) -> Verdict:  # noqa: ARG002
        value = _the_one(headers, self.header_name)
        if value is None:
            return "missing"
        return "welcome" if hmac.compare_digest(_digest(value), self._expected) else "wrong"


class NoAuth(Auth):
    """No secret: for this machine only, and for applications that ask who it is themselves.

    By itself it lets in only those who connect from this machine, without a proxy in between. `host_app_authenticates`:
    whatever mounts the admin page lets nobody through to it who may not use it.
    """

    mode = "none"

    def __init__(self, *, host_app_authenticates: bool = False) -> None:
        self.is_local_only = not host_app_authenticates

    def judge(self, headers: RawHeaders, client: str | None) -> Verdict:
        if self.is_local_only and (
            client is None or not is_loopback(client) or any(name.lower() in FORWARDED for name, _ in headers)
        ):
            return "wrong"
        return "welcome"


def _token(token: str) -> bytes:
    if not token or not token.isascii() or not token.isprintable() or token != token.strip():
        raise InvalidArgument(
            "the token is empty, or has characters that no header carries",
            hint="Use ASCII characters without spaces around them: openssl rand -hex 32",
        )
    return token.encode()


def _random() -> str:
    return secrets.token_urlsafe(18)


def _digest(value: bytes) -> bytes:
    # Of equal length, so that a comparison says nothing about the length either.
    return hashlib.sha256(value).digest()


def _the_one(headers: RawHeaders, name: str) -> bytes | None:
    """Returns the value of a header; empty for several values, as a proxy may have looked at another than the first."""
    wanted = name.encode("ascii")
    values = [value for header, value in headers if header.lower() == wanted]
    if not values:
        return None
    return values[0] if len(values) == 1 else b""


def csrf_token(auth: Auth, csrf_secret: str | None) -> str:
    """Returns the token that the page sends along with every write, and that no other site can know.

    It follows from a secret where there is one, so all processes of one application agree on it.
    """
    key = csrf_secret.encode() if csrf_secret else auth.secret or secrets.token_bytes(32)
    return hmac.new(key, b"graphile_worker admin csrf", hashlib.sha256).hexdigest()


def has_csrf_token(headers: RawHeaders, token: str) -> bool:
    """Tells whether a write carries the token."""
    value = _the_one(headers, CSRF_HEADER)
    return value is not None and hmac.compare_digest(_digest(value), _digest(token.encode()))
