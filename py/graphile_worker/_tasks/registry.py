"""The tasks of an application."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar, Unpack, cast, overload

from .._basis.errors import InvalidArgument
from .._basis.printable import a_kind
from .context import ThreadContext
from .signature import is_async, wraps_async
from .task import RunIn, Task

if TYPE_CHECKING:
    from .._calls.limit_rows import PublishedQueueLimit
    from .._client.async_client import AsyncClient
    from .._client.client import Client
    from .middleware import AsyncMiddleware, Middleware, PlainMiddleware
    from .task import TaskOptions

T = TypeVar("T")
M = TypeVar("M", bound="AsyncMiddleware | PlainMiddleware")


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
        """By identifier, and by each alias."""
        self._middleware: list[AsyncMiddleware | PlainMiddleware] = []
        self.client: AsyncClient | Client | None = None
        self.queue_limits: dict[str, dict[str, Any]] = {}
        """What `limit_queue` was told, by queue or pattern, as workers publish it."""

    def use(self, client: AsyncClient | Client) -> None:
        """Makes `client` the one that `Task.add` uses outside of handlers: in scripts, web views, other programs.

        >>> tasks.use(Client("postgresql://localhost/app"))  # doctest: +SKIP
        >>> send_email.add(Mail("ada@example.com"))  # doctest: +SKIP
        """
        self.client = client

    @overload
    def task(self, handler: Callable[[T, ThreadContext], Any], /) -> Task[T]: ...
    @overload
    def task(self, handler: Callable[[T], Any], /) -> Task[T]: ...
    @overload
    def task(self, handler: Callable[[], Any], /) -> Task[None]: ...
    @overload
    def task(
        self, identifier: str | None = None, /, *, run_in: RunIn | None = None, **options: Unpack[TaskOptions]
    ) -> _Decorator: ...
    def task(self, handler: Any = None, /, **options: Any) -> Any:
        """Registers a function, under its own name or the identifier given."""
        return self._register(handler, options)

    @overload
    def batch(self, handler: Callable[[T, ThreadContext], Any], /) -> Task[T]: ...
    @overload
    def batch(self, handler: Callable[[T], Any], /) -> Task[T]: ...
    @overload
    def batch(
        self, identifier: str | None = None, /, *, run_in: RunIn | None = None, **options: Unpack[TaskOptions]
    ) -> _Decorator: ...
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
        self,
        handler: Callable[..., Any],
        identifier: str,
        *,
        run_in: RunIn | None = None,
        is_batch: bool = False,
        **options: Unpack[TaskOptions],
    ) -> Task[Any]:
        """Registers a function under an identifier; the options are those of `task`.

        Raises InvalidArgument when the identifier is taken, `run_in` does not suit the function, or the function has a
        parameter for which there is nothing.
        """
        if identifier in self._tasks:
            self._refuse_name(identifier, identifier)
        handler = _callable(handler, identifier)
        if run_in is None:
            run_in = "loop" if is_async(handler) else "thread"
        elif run_in != "executable":
            fits = is_async(handler) or wraps_async(handler) if run_in == "loop" else not is_async(handler)
            if not fits:
                kind = "an async function" if is_async(handler) else "a plain function"
                raise InvalidArgument(f"task {identifier!r} is {kind}, which can't run in a {run_in}")
        task: Task[Any] = Task(handler, identifier, registry=self, run_in=run_in, is_batch=is_batch, **options)
        if run_in == "process":
            if task.takes_context:
                raise InvalidArgument(f"task {identifier!r} runs in a process", hint="There it can't take a context")
            from .processes import check_importable

            check_importable(handler, identifier)
        return self._take_in(task)

    def _take_in(self, task: Task[T]) -> Task[T]:
        identifier = task.identifier
        for alias in task.aliases:
            if alias in self._tasks or alias == identifier or task.aliases.count(alias) > 1:
                self._refuse_name(alias, identifier)
        task.middleware = self._around(task, self._middleware)
        self._tasks.update(dict.fromkeys((identifier, *task.aliases), task))
        return task

    def _refuse_name(self, name: str, identifier: str) -> NoReturn:
        """Raises InvalidArgument for an identifier or alias of the task `identifier` that is taken."""
        known = self._tasks.get(name)
        if known is None or (known.identifier == name == identifier):
            what = "is registered twice" if known else f"has the alias {name!r} twice, or as its identifier"
            hint = "Aliases are its former identifiers, each once"
            if known:
                where = getattr(known.handler, "__module__", known)
                hint = f"Give one of them another identifier: the first is of {where}"
            raise InvalidArgument(f"task {identifier!r} {what}", hint=hint)
        taken = "the identifier" if known.identifier == name else "an alias"
        raise InvalidArgument(
            f"{name!r} can't be a name of task {identifier!r}: it is {taken} of {known!r}",
            hint="One of them runs the jobs that are added under it",
        )

    def middleware(self, function: M, /) -> M:
        """Makes a function run around the handler of every job, of tasks registered before and after.

        `async def around(job, call)` runs on the event loop, around handlers of every kind; `def around(job, call)` in
        the handler's own thread or process, which an async handler and a program don't have: these it is not around.
        What it returns, or raises, counts as if the handler had; `call()` returns and raises what the handler does.
        The first one registered is the outermost. Raises InvalidArgument for what can't be called with job and call.

        >>> @tasks.middleware  # doctest: +SKIP
        ... async def in_tenant(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
        ...     tenant.set(job.payload["tenant"])
        ...     return await call()
        """
        # Who has none needs nothing of the module.
        from .middleware import check_middleware

        check_middleware(function)
        # All of it before any, as one may refuse.
        found = [(task, self._around(task, (*self._middleware, function))) for task in self._tasks.values()]
        self._middleware.append(function)
        for task, middleware in found:
            task.middleware = middleware
        return function

    def _around(self, task: Task[Any], registered: Sequence[AsyncMiddleware | PlainMiddleware]) -> Middleware | None:
        if task.registered_by is not self:
            registered = (*registered, *task.registered_by._middleware)  # noqa: SLF001
        if not registered and not task.own_middleware:
            return None
        from .middleware import Middleware

        found = Middleware.of(task.run_in, (*registered, *task.own_middleware))
        if task.run_in == "process" and found is not None:
            from .processes import check_importable

            for function in found.in_place:
                check_importable(function, task.identifier)
        return found

    def executable(self, identifier: str, path: str | os.PathLike[str], **options: Unpack[TaskOptions]) -> Task[Any]:
        """Registers an executable file, in any language: see docs/tasks.md for what it is given."""
        # Who has no executables needs nothing of the module.
        from .program import Program

        return self.add(Program(path), identifier, run_in="executable", **options)

    def executables(self, folder: str | os.PathLike[str]) -> Sequence[Task[Any]]:
        """Registers every executable file below a folder under its path there, without the suffix: `users/verify`."""
        from .directory import read_directory

        return read_directory(self, folder)

    def directory(self, folder: str | os.PathLike[str]) -> Sequence[Task[Any]]:
        """Registers the tasks of a folder under their paths there, without the suffix: executable files, and Python
        modules, `tasks/users/verify.py` as `users/verify`.

        Such a module has one task that it registers, in whatever registry, or a function called `task`; its task adds
        jobs under the path, too. What begins with `_` or a dot is passed over. Raises InvalidArgument that names the
        file which is none, or more than one.

        >>> tasks = TaskRegistry()
        >>> tasks.directory("tasks")  # doctest: +SKIP
        [Task('send_email'), Task('users/verify')]
        """
        from .directory import read_directory

        return read_directory(self, folder, TaskRegistry)

    def adopt(self, task: Task[T], identifier: str) -> Task[T]:
        """Takes a task over from another registry, under an identifier of its own here."""
        if identifier in self._tasks:
            self._refuse_name(identifier, identifier)
        task.move(self, identifier)
        return self._take_in(task)

    def limit_queue(self, queue_name: str, **limit: Unpack[PublishedQueueLimit]) -> None:
        """Limits a queue, or with a name that ends in * each queue whose name begins so; workers publish it.

        `width`: so many of its jobs at once, 1 where nothing is set. `rate`, `per`, `burst`, `weight_by`, `share`: see
        `limit_queue` of AsyncClient, whose word comes before this. Without any, what earlier releases of the code
        have published is taken back. Raises InvalidArgument for values out of bounds.

        >>> TaskRegistry().limit_queue("tenant:*", width=3)
        """
        # Whose queues have no limits needs nothing of the module.
        from .limit import queue_limit

        self.queue_limits[queue_name] = queue_limit(queue_name, limit)

    @property
    def identifiers(self) -> list[str]:
        return list(self._tasks)

    def __getitem__(self, identifier: str) -> Task[Any]:
        return self._tasks[identifier]

    if not TYPE_CHECKING:
        # To a type checker a registry has what it has.
        def __getattr__(self, name: str) -> Any:
            from .._basis.habits import OF_REGISTRIES, attribute_error

            raise attribute_error("TaskRegistry", name, OF_REGISTRIES)

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

    class _Decorator(Protocol):
        @overload
        def __call__(self, handler: Callable[[T, ThreadContext], Any], /) -> Task[T]: ...
        @overload
        def __call__(self, handler: Callable[[T], Any], /) -> Task[T]: ...
        @overload
        def __call__(self, handler: Callable[[], Any], /) -> Task[None]: ...
