"""Tasks: a name in the database, and the Python function that runs it."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable, Iterator
from typing import Any, Generic, ParamSpec, TypeVar, overload

import msgspec

from ._errors import InvalidArgument, PayloadError
from ._job import JobContext

P = ParamSpec("P")
R = TypeVar("R")


class Task(Generic[P, R]):
    """A function and the identifier under which jobs of it are added; calling it calls the function."""

    def __init__(self, handler: Callable[P, R], identifier: str) -> None:
        if not 1 <= len(identifier) <= 128:
            raise InvalidArgument(f"bad task identifier {identifier!r}", hint="It has 1 to 128 characters")
        self.handler = handler
        self.identifier = identifier
        self.is_async = inspect.iscoroutinefunction(handler)
        self.__doc__ = handler.__doc__
        self.takes_payload, self.takes_context, payload_type = _signature(handler, identifier)
        self._decode = _decoder(payload_type)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.handler(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Task({self.identifier!r})"

    def arguments(self, payload_json: bytes, context: JobContext | None) -> tuple[Any, ...]:
        """What the handler is called with; `context` is needed only when `takes_context`.

        Raises PayloadError for a payload that does not fit the declared type.
        """
        arguments: tuple[Any, ...] = ()
        if self.takes_payload:
            try:
                arguments = (self._decode(payload_json),)
            except (ValueError, TypeError, RecursionError) as error:
                raise PayloadError(f"the payload does not fit {self.identifier}: {error}") from error
        return (*arguments, context) if self.takes_context else arguments


class TaskRegistry:
    """The tasks a worker can run.

    >>> tasks = TaskRegistry()
    >>> @tasks.task
    ... async def greet(payload: dict) -> None:
    ...     print("hello", payload["name"])
    >>> @tasks.task("mail/send")
    ... def send_mail(payload: dict) -> None: ...
    >>> list(tasks)
    ['greet', 'mail/send']

    An async function runs on the event loop, a plain one in a thread. The annotation of the first parameter (dict, a
    dataclass, a TypedDict, a msgspec or pydantic model) is what the payload is checked against and turned into; a
    second parameter gets the JobContext.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, Task[..., Any]] = {}

    @overload
    def task(self, handler: Callable[P, R], /) -> Task[P, R]: ...
    @overload
    def task(self, identifier: str, /) -> Callable[[Callable[P, R]], Task[P, R]]: ...
    def task(self, handler: Any, /) -> Any:
        """Registers a function, under its own name or the identifier given."""
        if isinstance(handler, str):
            return lambda function: self.add(function, handler)
        return self.add(handler, handler.__name__)

    def add(self, handler: Callable[P, R], identifier: str) -> Task[P, R]:
        """Registers a function under an identifier. Raises InvalidArgument when that is taken."""
        if identifier in self._tasks:
            raise InvalidArgument(
                f"task {identifier!r} is registered twice", hint="Give one of them another identifier"
            )
        task = Task(handler, identifier)
        self._tasks[identifier] = task
        return task

    @property
    def identifiers(self) -> list[str]:
        return list(self._tasks)

    def __getitem__(self, identifier: str) -> Task[..., Any]:
        return self._tasks[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


def _signature(handler: Callable[..., Any], identifier: str) -> tuple[bool, bool, Any]:
    """Whether the handler takes a payload, whether it takes a context, and the payload's type."""
    parameters = [
        p
        for p in inspect.signature(handler).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    try:
        hints = typing.get_type_hints(handler)
    except NameError as error:
        raise InvalidArgument(
            f"the annotations of task {identifier!r} can't be resolved: {error}",
            hint="Import the type at module level, not only under TYPE_CHECKING",
        ) from error
    if len(parameters) > 2:
        raise InvalidArgument(
            f"task {identifier!r} takes {len(parameters)} arguments",
            hint="It gets the payload and, if wanted, the context",
        )
    names = [p.name for p in parameters]
    if len(names) == 1 and hints.get(names[0]) is JobContext:
        return False, True, Any
    return bool(names), len(names) == 2, hints.get(names[0], Any) if names else Any


def _decoder(payload_type: Any) -> Callable[[bytes], Any]:
    validate = getattr(payload_type, "model_validate_json", None)
    if validate is not None:
        return typing.cast("Callable[[bytes], Any]", validate)
    if payload_type in (Any, dict, list, object):
        return _decode_plain
    return msgspec.json.Decoder(payload_type).decode


def _decode_plain(payload_json: bytes) -> Any:
    try:
        return msgspec.json.decode(payload_json)
    except msgspec.DecodeError:
        # PostgreSQL's json holds what is not strictly JSON text elsewhere, a lone surrogate for one.
        return json.loads(payload_json)
