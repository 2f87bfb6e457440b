"""Tasks: a name in the database, and what runs it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, Unpack, cast, get_args, overload

from .._basis.arguments import refuse, smallint, text
from .._basis.errors import GraphileWorkerError, InvalidArgument, PayloadError
from .._basis.json_text import decode
from .._basis.printable import a_kind
from .._calls.adding import batch
from .._calls.rows import JobRow
from .context import JobContext, ThreadContext
from .errors import MISFIT
from .home import client_of_handler
from .policy import Policy, PolicyOptions
from .results import call_and_settle
from .signature import Signature, is_async, wraps_async

if TYPE_CHECKING:
    from .._calls.unique import Unique
    from .._client.async_client import AsyncClient
    from .._client.client import Client

T = TypeVar("T")

RunIn = Literal["loop", "thread", "process", "executable"]

_ABSENT = (b"{}", b"null")
"""What the database keeps of a job that was added without a payload, and what other languages may write for it."""


class Task(Generic[T]):
    """A function and the identifier under which jobs of it are added; calling it calls the function.

    `T` is the type of its payload. `run_in`: an async function runs on the event loop, a plain one in a thread or, for
    work that keeps a CPU busy, in a process. `queue_name`, `unique`, `priority` and `max_attempts` are what `add` uses;
    the last two, and all that PolicyOptions says, are its `policy`.
    """

    def __init__(
        self,
        handler: Callable[..., Any],
        identifier: str,
        *,
        registry: TaskRegistry,
        run_in: RunIn,
        is_batch: bool = False,
        queue_name: str | None = None,
        priority: int | None = None,
        max_attempts: int | None = None,
        unique: Unique | None = None,
        **policy: Unpack[PolicyOptions],
    ) -> None:
        identifier = text(identifier, "task identifier")
        if not 1 <= len(identifier) <= 128:
            raise InvalidArgument(f"bad task identifier {identifier!r}", hint="It has 1 to 128 characters")
        if run_in not in get_args(RunIn):
            refuse("run_in", run_in, f"It is {', '.join(get_args(RunIn)[:-1])} or {get_args(RunIn)[-1]}")
        self.handler = handler
        self.identifier = identifier
        self.run_in = run_in
        self.call = handler if is_async(handler) else partial(call_and_settle, handler)
        """The handler as one that is certain to be async; for those that run on the event loop."""
        self.is_batch = is_batch
        self.queue_name = None if queue_name is None else text(queue_name, "queue_name")
        self.priority = None if priority is None else smallint(priority, "priority")
        self.max_attempts = None if max_attempts is None else smallint(max_attempts, "max_attempts")
        self.unique = unique
        self.policy = Policy(max_attempts=self.max_attempts, priority=self.priority, **policy)
        self.__doc__ = handler.__doc__
        self._registry = registry
        signature = Signature.of(handler, identifier) if run_in != "executable" else Signature(False, True, Any)
        self.takes_payload = signature.takes_payload
        self.takes_context = signature.takes_context
        self._default = signature.default
        self._has_default = signature.default is not inspect.Parameter.empty
        self._decode: Callable[[bytes], Any] = decode
        self._to_add: Callable[[Any], Any] | None = None
        if signature.payload_type not in (Any, object):
            # Whose handlers declare no types needs nothing of the module.
            from .payload_type import PayloadType

            declared = PayloadType(signature.payload_type, identifier)
            self._decode, self._to_add = declared.decode, declared.to_add

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.handler(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Task({self.identifier!r})"

    def arguments(self, payload_json: bytes, context: JobContext | None) -> tuple[Any, ...]:
        """Returns what the handler is called with; `context` is needed only when `takes_context`.

        A payload that is absent is the handler's default, where it has one. Raises PayloadError for a payload that does
        not fit the declared type, or is no batch where it has to be one.
        """
        if self.is_batch:
            # Who has no batch tasks needs nothing of the module.
            from .batch import check_batch

            if context is not None:
                context.refuse_transactions()
            check_batch(self.identifier, payload_json)
        arguments: tuple[Any, ...] = ()
        if self._has_default and payload_json.strip() in _ABSENT:
            arguments = (self._default,)
        elif self.takes_payload:
            try:
                arguments = (self._decode(payload_json),)
            except MISFIT as error:
                raise PayloadError(f"the payload does not fit {self.identifier}: {error}") from error
        return (*arguments, context) if self.takes_context else arguments

    def settle(self, payload_json: bytes, results: Any) -> None:
        """Judges what a batch has returned. Raises BatchPartlyFailed, or ValueError for what fits no batch."""
        from .batch import settle_batch

        settle_batch(self.identifier, payload_json, results)

    def add(self, payload: T | None = None, *, client: AsyncClient | Client | None = None, **options: Any) -> Added:
        """Adds a job of this task, with the task's defaults; `options` are those of AsyncClient.add_job.

        `client`: by default the worker's own within a handler, elsewhere the one that the registry was told to use. On
        an event loop this is awaited. In a plain handler, and wherever the client is a plain Client, it is not.
        Raises what `add_job` raises, PayloadError for a payload that the handler could not be given, and
        GraphileWorkerError when there is no client, or an async one in a script.

        >>> await send_email.add(Mail("ada@example.com"), run_at=tomorrow)  # doctest: +SKIP
        """
        found = client_of_handler(client) or client_of_handler(self._registry.client)
        if found is None:
            hint = "Give client=..., or call tasks.use(client)"
            raise GraphileWorkerError(f"adding a job of {self.identifier!r} needs a client", hint=hint)
        given: Any = batch(payload) if self.is_batch else payload
        if self._to_add is not None and not (payload is None and self._has_default):
            given = self._to_add(given)
        for name in ("queue_name", "priority", "max_attempts", "unique"):
            options.setdefault(name, getattr(self, name))
        return cast("Added", found.add_job(self.identifier, given, **options))


class TaskRegistry:
    """The tasks a worker can run.

    >>> tasks = TaskRegistry()
    >>> @tasks.task
    ... async def greet(payload: dict[str, str]) -> None:
    ...     print("hello", payload["name"])
    >>> @tasks.task("mail/send", queue_name="mail")
    ... def send_mail(payload: dict[str, str]) -> None: ...
    >>> list(tasks)
    ['greet', 'mail/send']

    The annotation of the first parameter (dict, a dataclass, a TypedDict, a msgspec or pydantic model) is what the
    payload is checked against and turned into; a second parameter gets the JobContext.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, Task[Any]] = {}
        self.client: AsyncClient | Client | None = None

    def use(self, client: AsyncClient | Client) -> None:
        """Makes `client` the one that `Task.add` uses outside of handlers."""
        self.client = client

    @overload
    def task(self, handler: Callable[[T, ThreadContext], Any], /) -> Task[T]: ...
    @overload
    def task(self, handler: Callable[[T], Any], /) -> Task[T]: ...
    @overload
    def task(self, handler: Callable[[], Any], /) -> Task[None]: ...
    @overload
    def task(
        self,
        identifier: str | None = None,
        /,
        *,
        run_in: RunIn | None = None,
        queue_name: str | None = None,
        priority: int | None = None,
        max_attempts: int | None = None,
        unique: Unique | None = None,
        **policy: Unpack[PolicyOptions],
    ) -> _Decorator: ...
    def task(self, handler: Any = None, /, **options: Any) -> Any:
        """Registers a function, under its own name or the identifier given."""
        return self._register(handler, options)

    @overload
    def batch(self, handler: Callable[..., Any], /) -> Task[Any]: ...
    @overload
    def batch(self, identifier: str | None = None, /, **options: Any) -> _Decorator: ...
    def batch(self, handler: Any = None, /, **options: Any) -> Any:
        """Registers a function that handles the items of a payload that is an array.

        It gets the list and returns None (all done), raises (all are tried again), or returns one result per item:
        None for one that is done, an exception or a text for one that failed. Only failed items are tried again.

        >>> @TaskRegistry().batch("index_documents")
        ... async def index_documents(items: list[int]) -> list[str | None]:
        ...     return [None if item else "no document 0" for item in items]
        """
        return self._register(handler, {**options, "is_batch": True})

    def _register(self, handler: Any, options: dict[str, Any]) -> Any:
        if handler is None or isinstance(handler, str):
            return lambda function: self.add(function, handler or _name(function), **options)
        return self.add(handler, _name(handler), **options)

    def add(
        self, handler: Callable[..., Any], identifier: str, *, run_in: RunIn | None = None, **options: Any
    ) -> Task[Any]:
        """Registers a function under an identifier; the options are those of `task`.

        Raises InvalidArgument when the identifier is taken, `run_in` does not suit the function, or the function has a
        parameter for which there is nothing.
        """
        if identifier in self._tasks:
            hint = "Give one of them another identifier"
            raise InvalidArgument(f"task {identifier!r} is registered twice", hint=hint)
        handler = _callable(handler, identifier)
        if run_in is None:
            run_in = "loop" if is_async(handler) else "thread"
        elif run_in != "executable":
            fits = is_async(handler) or wraps_async(handler) if run_in == "loop" else not is_async(handler)
            if not fits:
                kind = "an async function" if is_async(handler) else "a plain function"
                raise InvalidArgument(f"task {identifier!r} is {kind}, which can't run in a {run_in}")
        task: Task[Any] = Task(handler, identifier, registry=self, run_in=run_in, **options)
        if run_in == "process":
            if task.takes_context:
                raise InvalidArgument(f"task {identifier!r} runs in a process", hint="There it can't take a context")
            from .processes import check_importable

            check_importable(handler, identifier)
        self._tasks[identifier] = task
        return task

    def executable(self, identifier: str, path: str | os.PathLike[str], **options: Any) -> Task[Any]:
        """Registers an executable file, in any language: see docs/tasks.md for what it is given."""
        # Who has no executables needs nothing of the module.
        from .program import Program

        return self.add(Program(path), identifier, run_in="executable", **options)

    def executables(self, folder: str | os.PathLike[str]) -> Sequence[Task[Any]]:
        """Registers every executable file of a folder under its name without the suffix."""
        files = sorted(f for f in Path(folder).iterdir() if f.is_file() and os.access(f, os.X_OK))
        return [self.executable(file.stem, file) for file in files]

    @property
    def identifiers(self) -> list[str]:
        return list(self._tasks)

    def __getitem__(self, identifier: str) -> Task[Any]:
        return self._tasks[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


def _callable(handler: Any, identifier: str) -> Callable[..., Any]:
    """Returns what is called when a job runs: below a Task, or a staticmethod."""
    while isinstance(handler, (Task, staticmethod)):
        handler = handler.handler if isinstance(handler, Task) else handler.__func__
    if not callable(handler):
        raise InvalidArgument(
            f"task {identifier!r} is {a_kind(handler)}, which can't be called",
            hint=f"Register the method of a class or an object: tasks.add(Thing.method, {identifier!r})",
        )
    return cast("Callable[..., Any]", handler)


def _name(handler: Any) -> str:
    name = getattr(handler.handler if isinstance(handler, Task) else handler, "__name__", None)
    if not isinstance(name, str):
        raise InvalidArgument(f"{handler!r} has no name", hint="Give one: tasks.add(it, 'name')")
    return name


if TYPE_CHECKING:

    class Added(JobRow, Awaitable[JobRow], frozen=True):
        """A job that was added: to be awaited on an event loop, at hand elsewhere."""

    class _Decorator(Protocol):
        @overload
        def __call__(self, handler: Callable[[T, ThreadContext], Any], /) -> Task[T]: ...
        @overload
        def __call__(self, handler: Callable[[T], Any], /) -> Task[T]: ...
        @overload
        def __call__(self, handler: Callable[[], Any], /) -> Task[None]: ...
