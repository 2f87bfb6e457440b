"""Tasks: a name in the database, and what runs it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, overload

from .._basis.arguments import refuse, smallint, text
from .._basis.errors import GraphileWorkerError, InvalidArgument, PayloadError
from .._calls.adding import batch
from .context import JobContext
from .payload_type import MISFIT, PayloadType
from .signature import Signature

if TYPE_CHECKING:
    from .._calls.rows import JobRow
    from .._client.async_client import AsyncClient

T = TypeVar("T")

RunIn = Literal["loop", "thread", "process", "executable"]

current_client: ContextVar[AsyncClient | None] = ContextVar("graphile_worker_client", default=None)
"""Within a handler, the client of the worker that runs it."""


class Task(Generic[T]):
    """A function and the identifier under which jobs of it are added; calling it calls the function.

    `T` is the type of its payload. `run_in`: an async function runs on the event loop, a plain one in a thread or, for
    work that keeps a CPU busy, in a process. `queue_name`, `priority` and `max_attempts` are what `add` uses.
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
    ) -> None:
        identifier = text(identifier, "task identifier")
        if not 1 <= len(identifier) <= 128:
            raise InvalidArgument(f"bad task identifier {identifier!r}", hint="It has 1 to 128 characters")
        if run_in not in get_args(RunIn):
            refuse("run_in", run_in, f"It is {', '.join(get_args(RunIn)[:-1])} or {get_args(RunIn)[-1]}")
        self.handler = handler
        self.identifier = identifier
        self.run_in = run_in
        self.is_batch = is_batch
        self.queue_name = None if queue_name is None else text(queue_name, "queue_name")
        self.priority = None if priority is None else smallint(priority, "priority")
        self.max_attempts = None if max_attempts is None else smallint(max_attempts, "max_attempts")
        self.__doc__ = handler.__doc__
        self._registry = registry
        signature = Signature.of(handler, identifier) if run_in != "executable" else Signature(False, True, Any)
        self.takes_payload = signature.takes_payload
        self.takes_context = signature.takes_context
        self._payload_type = PayloadType(signature.payload_type, identifier)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
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
                arguments = (self._payload_type.decode(payload_json),)
            except MISFIT as error:
                raise PayloadError(f"the payload does not fit {self.identifier}: {error}") from error
        return (*arguments, context) if self.takes_context else arguments

    async def add(self, payload: T | None = None, *, client: AsyncClient | None = None, **options: Any) -> JobRow:
        """Adds a job of this task, with the task's defaults; `options` are those of AsyncClient.add_job.

        `client`: by default the worker's own within a handler, elsewhere the one that the registry was told to use.
        Raises what `add_job` raises, PayloadError for a payload that the handler could not be given, and
        GraphileWorkerError when there is no client.

        >>> await send_email.add(Mail("ada@example.com"), run_at=tomorrow)  # doctest: +SKIP
        """
        client = client or current_client.get() or self._registry.client
        if client is None:
            raise GraphileWorkerError(
                f"adding a job of {self.identifier!r} needs a client", hint="Give client=..., or call tasks.use(client)"
            )
        given: Any = batch(payload) if self.is_batch else payload
        if self.takes_payload:
            given = self._payload_type.to_add(given)
        defaults = {"queue_name": self.queue_name, "priority": self.priority, "max_attempts": self.max_attempts}
        return await client.add_job(self.identifier, given, **{**defaults, **options})


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
        self.client: AsyncClient | None = None

    def use(self, client: AsyncClient) -> None:
        """Makes `client` the one that `Task.add` uses outside of handlers."""
        self.client = client

    @overload
    def task(self, handler: Callable[[T, JobContext], Any], /) -> Task[T]: ...
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
    ) -> _Decorator: ...
    def task(self, handler: Any = None, /, **options: Any) -> Any:
        """Registers a function, under its own name or the identifier given."""
        if callable(handler):
            return self.add(handler, handler.__name__)
        return lambda function: self.add(function, handler or function.__name__, **options)

    def batch(self, identifier: str | None = None, /, **options: Any) -> _Decorator:
        """Registers a function that handles the items of a payload that is an array.

        It gets the list and returns None (all done), raises (all are tried again), or returns one result per item:
        None for one that is done, an exception or a text for one that failed. Only failed items are tried again.

        >>> @TaskRegistry().batch("index_documents")
        ... async def index_documents(items: list[int]) -> list[str | None]:
        ...     return [None if item else "no document 0" for item in items]
        """
        return lambda function: self.add(function, identifier or function.__name__, is_batch=True, **options)

    def add(
        self, handler: Callable[..., Any], identifier: str, *, run_in: RunIn | None = None, **options: Any
    ) -> Task[Any]:
        """Registers a function under an identifier; the options are those of `task`.

        Raises InvalidArgument when the identifier is taken, or `run_in` does not suit the function.
        """
        if identifier in self._tasks:
            raise InvalidArgument(
                f"task {identifier!r} is registered twice", hint="Give one of them another identifier"
            )
        is_async = inspect.iscoroutinefunction(handler)
        run_in = run_in or ("loop" if is_async else "thread")
        if is_async != (run_in == "loop") and run_in != "executable":
            kind = "an async function" if is_async else "a plain function"
            raise InvalidArgument(f"task {identifier!r} is {kind}, which can't run in a {run_in}")
        task: Task[Any] = Task(handler, identifier, registry=self, run_in=run_in, **options)
        if run_in == "process" and task.takes_context:
            raise InvalidArgument(f"task {identifier!r} runs in a process", hint="There it can't take a context")
        self._tasks[identifier] = task
        return task

    def executable(self, identifier: str, path: str | os.PathLike[str], **options: Any) -> Task[Any]:
        """Registers an executable file, in any language: see docs/tasks.md for what it is given."""
        file = Path(path).absolute()
        if not os.access(file, os.X_OK) or not file.is_file():
            raise InvalidArgument(f"{str(file)!r} is not an executable file", hint="chmod +x, and a #! line")
        return self.add(_Executable(file), identifier, run_in="executable", **options)

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


class _Executable:
    """Stands for the function of a task that is a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> None:
        raise TypeError(f"{self.path} can only be run by a worker")


if TYPE_CHECKING:
    from typing import Protocol

    class _Decorator(Protocol):
        @overload
        def __call__(self, handler: Callable[[T, JobContext], Any], /) -> Task[T]: ...
        @overload
        def __call__(self, handler: Callable[[T], Any], /) -> Task[T]: ...
        @overload
        def __call__(self, handler: Callable[[], Any], /) -> Task[None]: ...
