"""The body and query of a request: JSON of bounded size, and parameters."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from .._problems import Problem, bad_request

T = TypeVar("T")
MAX_BODY = 1024 * 1024
_SECONDS = 15.0


async def read_body(request: Request, limit: int) -> bytes:
    """Reads the body, which says that it is JSON. Raises Problem."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "bad_request", "the body is not JSON", "Send it with content-type: application/json")
    return await _read(request, limit)


def body_as(content: bytes, cls: type[T]) -> T:
    """Decodes a JSON body to a struct. Raises Problem."""
    try:
        return msgspec.json.decode(content, type=cls)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise bad_request(f"bad request body: {_lower(str(error))}", "The body is one JSON object") from None


async def _read(request: Request, limit: int) -> bytes:
    too_large = Problem(413, "too_large", f"the body is larger than {limit} bytes")
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise bad_request("bad content-length")
    if int(length) > limit:
        raise too_large
    content = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limit:
                    raise too_large
    except TimeoutError:
        raise Problem(408, "timeout", "the body did not arrive in time") from None
    except ClientDisconnect:
        raise bad_request("the body ended early") from None
    return bytes(content)


def query_as(request: Request, cls: type[T]) -> T:
    """Reads the query parameters as a struct; empty ones count as not given. Raises Problem."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise bad_request(f"the parameter {name!r} is given twice")
        if value != "":
            given[name] = value
    try:
        return msgspec.convert(given, cls, strict=False)
    except msgspec.ValidationError as error:
        raise bad_request(f"bad query: {_lower(str(error))}") from None


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
