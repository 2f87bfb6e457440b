"""The version of a task's payloads, and the function that makes older ones into the present one."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .._basis.arguments import refuse, shown
from .._basis.error_text import summary_of
from .._basis.errors import InvalidArgument, PayloadError
from .._basis.json_text import decode, encode
from .._basis.printable import a_kind
from .._hooks.endings import Snooze
from .signature import function_of, is_async

if TYPE_CHECKING:
    from .task import Task

KEY = "_version"
"""The member of a payload that says its version; without it the payload is of version 1."""

_LATER = timedelta(seconds=30)
"""A payload of a later release is put off for so long: a worker that knows it may be there by then."""

_UPGRADE = "It is a function of an older payload and its version"

Upgrade = Callable[[Any, int], Any]
"""Of an older payload, as plain values from JSON, and its version: the payload as it is now."""


class PayloadVersion:
    """Reads payloads of several versions by `read`, which reads the present one, and says the version in new ones.

    >>> version = PayloadVersion(send, 2, lambda payload, version: {"email": payload["to"]}, decode)  # doctest: +SKIP
    >>> version.decode(b'{"to": "ada"}'), version.decode(b'{"_version": 2, "email": "ada"}')  # doctest: +SKIP
    ({'email': 'ada'}, {'email': 'ada'})
    >>> version.mark({"email": "ada"})  # doctest: +SKIP
    {'_version': 2, 'email': 'ada'}
    """

    def __init__(self, task: Task[Any], version: Any, upgrade: Any, read: Callable[[bytes], Any]) -> None:
        """Raises InvalidArgument when there is not both, a version of 2 or more and a function, or no handler that is
        given a JSON object.
        """
        identifier = task.identifier
        if task.is_batch or task.run_in == "executable" or not task.takes_payload:
            kind = "a batch" if task.is_batch else "a program" if task.run_in == "executable" else "without a payload"
            raise InvalidArgument(
                f"task {identifier!r} is {kind}, and can't have a version",
                hint="The version stands in a payload that is a JSON object, and is read for a handler that takes it",
            )
        if upgrade is None or version is None:
            raise InvalidArgument(
                f"task {identifier!r} has {'a version' if upgrade is None else 'an upgrade'} without the other",
                hint="version=2, upgrade=function(payload, version): it makes older payloads into the present one",
            )
        if type(version) is not int or version < 2:
            refuse("version", version, "It is a whole number of 2 or more: payloads that say none are of version 1")
        if not callable(upgrade):
            refuse("upgrade", upgrade, _UPGRADE)
        _check_upgrade(upgrade)
        self._identifier = identifier
        self._version = version
        self._upgrade = upgrade
        self._read = read

    def decode(self, payload_json: bytes) -> Any:
        """Returns what the handler gets. Raises ValueError, or what `read` raises, for what does not fit.

        Raises Snooze for a payload of a later release: workers of that one know it, and until there is one no attempt
        is used up.
        """
        version, current = _split(payload_json)
        if version > self._version:
            raise Snooze(
                f"the payload is of version {version}, and this worker's {self._identifier} knows {self._version}",
                delay=_LATER,
            )
        if version == self._version or current in (b"{}", b"null"):
            return self._read(current)
        try:
            upgraded = self._upgrade(decode(current), version)
        except Exception as error:  # A stranger's code.
            raise ValueError(
                f"its upgrade from version {version} raised {summary_of(error)}{_place_of(error)}"
            ) from error
        return self._read((encode(upgraded) or "{}").encode())

    def marked(self, payload: Any) -> Any:
        """Returns the payload as it is when it says a version, else with the present one: see `mark`."""
        return payload if isinstance(payload, dict) and KEY in payload else self.mark(payload)

    def mark(self, payload: Any) -> Any:
        """Returns the payload with its version. Raises PayloadError for what is no JSON object."""
        found = decode((encode(payload) or "{}").encode())
        if payload is None or found is None:
            return payload
        if not isinstance(found, dict):
            raise PayloadError(
                f"the payload of {self._identifier}, {a_kind(payload)}, has no place for a version",
                hint="A task with a version has payloads that are JSON objects",
            )
        if found.get(KEY, self._version) != self._version:
            raise PayloadError(
                f"the payload of {self._identifier} says {KEY} {shown(found[KEY])}, and jobs are added with"
                f" {self._version}"
            )
        return {KEY: self._version, **found}


def _check_upgrade(upgrade: Callable[..., Any]) -> None:
    """Raises InvalidArgument for what would fail with every older payload."""
    called = function_of(upgrade)
    if is_async(upgrade) or inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        refuse("upgrade", upgrade, f"{_UPGRADE}, a plain one that returns the payload")
    try:
        inspect.signature(upgrade).bind({}, 1)
    except TypeError:
        refuse("upgrade", upgrade, f"{_UPGRADE}: def upgrade(payload, version)")
    except ValueError:  # One in C, that says nothing about itself.
        pass


def _place_of(error: BaseException) -> str:
    """Tells where an error was raised: last_error has no traceback of a payload that does not fit."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "" if frame is None else f" ({Path(frame.tb_frame.f_code.co_filename).name}, line {frame.tb_lineno})"


def _split(payload_json: bytes) -> tuple[int, bytes]:
    """Returns the version of a payload, and the payload without it; every number as it was written."""
    try:
        members: Any = msgspec.json.decode(payload_json, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(members.pop(KEY)) if KEY in members else 1
        rest = msgspec.json.encode(members)
    except msgspec.ValidationError:
        return 1, payload_json.strip()
    except msgspec.DecodeError:
        # A lone surrogate, which PostgreSQL's json may hold.
        members = json.loads(payload_json)
        version = members.pop(KEY, 1) if isinstance(members, dict) else 1
        rest = json.dumps(members).encode()
    if type(version) is not int or version < 1:
        raise ValueError(f"bad {KEY} {shown(version)}: it is a whole number of 1 or more")
    return version, rest
