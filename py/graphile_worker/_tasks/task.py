"""A task: a name in the database, and the function that runs its jobs here."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, Unpack, cast, get_args

from .._basis.arguments import integer, refuse, smallint, text
from .._basis.errors import GraphileWorkerError, InvalidArgument, PayloadError, require
from .._basis.json_text import decode, encode
from .._calls.adding import batch
from .._calls.rows import JobRow, JobSpec
from .context import JobContext
from .errors import MISFIT
from .home import client_of_handler
from .policy import Policy, PolicyOptions
from .results import call_and_settle
from .signature import Signature, is_async

if TYPE_CHECKING:
    from .._calls.options import AddOptions, SpecOptions
    from .._calls.unique import Unique
    from .._client.async_client import AsyncClient
    from .._client.client import Client
    from .middleware import AsyncMiddleware, Middleware, PlainMiddleware
    from .payload_version import PayloadVersion, Upgrade
    from .registry import TaskRegistry

T = TypeVar("T")

RunIn = Literal["loop", "thread", "process", "executable"]

_ABSENT = (b"{}", b"null")
"""What the database keeps of a job that was added without a payload, and what other languages may write for it."""


class Task(Generic[T]):
    """A function and the identifier under which jobs of it are added; calling it calls the function.

    `T` is the type of its payload. `run_in`: an async function runs on the event loop, a plain one in a thread or, for
    work that keeps a CPU busy, in a process. `queue_name`, `unique`, `priority` and `max_attempts` are what `add` uses;
    the last two, and all that PolicyOptions says, are its `policy`. Jobs that wait under one of its `aliases`, former
    identifiers, are jobs of it, too. `upgrade` makes payloads of earlier versions into the present `version`, 2 or
    more. `middleware` is around this handler alone, within that of the registry. `slots`: no more of its jobs run at
    the same time in one worker.
    """

    middleware: Middleware | None = None
    """What is around the handler; None for nothing."""

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
        slots: int | None = None,
        aliases: Sequence[str] = (),
        version: int | None = None,
        upgrade: Upgrade | None = None,
        middleware: Sequence[AsyncMiddleware | PlainMiddleware] = (),
        **policy: Unpack[PolicyOptions],
    ) -> None:
        if run_in not in get_args(RunIn):
            refuse("run_in", run_in, f"It is {', '.join(get_args(RunIn)[:-1])} or {get_args(RunIn)[-1]}")
        self.handler = handler
        self.move(registry, identifier)
        self.registered_by = registry
        """Where it was registered first: whose middleware is around it wherever it goes."""
        self.aliases = _aliases(aliases)
        self.run_in = run_in
        self.call = handler if is_async(handler) else partial(call_and_settle, handler)
        """The handler as one that is certain to be async; for those that run on the event loop."""
        self.is_batch = is_batch
        self.queue_name = None if queue_name is None else text(queue_name, "queue_name")
        self.priority = None if priority is None else smallint(priority, "priority")
        self.max_attempts = None if max_attempts is None else smallint(max_attempts, "max_attempts")
        self.unique = unique
        if policy.keys() - PolicyOptions.__annotations__.keys():
            _refuse_options(policy, identifier)
        self.slots = slots if slots is None else integer(slots, "slots")
        if self.slots is not None:
            require(self.slots >= 1, "slots", self.slots, "1 or more")
        self.policy = Policy(max_attempts=self.max_attempts, priority=self.priority, **policy)
        self.__doc__ = handler.__doc__
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
        self._version: PayloadVersion | None = None
        if version is not None or upgrade is not None:
            # Whose payloads are as they always were needs nothing of the module.
            from .payload_version import PayloadVersion

            self._version = PayloadVersion(self, version, upgrade, self._decode)
            self._decode = self._version.decode
        self.own_middleware: tuple[AsyncMiddleware | PlainMiddleware, ...] = ()
        if middleware != ():
            # Who has none needs nothing of the module.
            from .middleware import own_middleware

            self.own_middleware = own_middleware(middleware, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.handler(*args, **kwargs)

    if not TYPE_CHECKING:
        # To a type checker a task has what it has.
        def __getattr__(self, name: str) -> Any:
            from .._basis.habits import OF_TASKS, attribute_error

            # In a copy that is being made nothing is there yet.
            it = getattr(self.__dict__.get("handler"), "__name__", "task")
            raise attribute_error("Task", name, OF_TASKS, it)

    def __repr__(self) -> str:
        return f"Task({self.identifier!r})"

    def move(self, registry: TaskRegistry, identifier: str) -> None:
        """Makes this a task of another registry, under another identifier."""
        self.identifier = _identifier(identifier)
        self._registry = registry

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

    def add(
        self, payload: T | None = None, *, client: AsyncClient | Client | None = None, **options: Unpack[AddOptions]
    ) -> Added:
        """Adds a job of this task, with the task's defaults; `options` are those of AsyncClient.add_job.

        `client`: by default the worker's own within a handler, elsewhere the one that the registry was told to use. On
        an event loop this is awaited. In a plain handler, and wherever the client is a plain Client, it is not.
        Raises what `add_job` raises, PayloadError for a payload that the handler could not be given, and
        GraphileWorkerError when there is no client, or an async one in a script.

        >>> await send_email.add(Mail("ada@example.com"), delay=timedelta(hours=1))  # doctest: +SKIP
        """
        found = client_of_handler(client) or client_of_handler(self._registry.client)
        if found is None:
            hint = "Give client=..., or call tasks.use(client)"
            raise GraphileWorkerError(f"adding a job of {self.identifier!r} needs a client", hint=hint)
        given, merged = self.prepare(payload, options)
        try:
            return cast("Added", found.add_job(self.identifier, given, **merged))
        except TypeError:
            self._check_options(options, "AddOptions")
            raise

    def spec(self, payload: T | None = None, **options: Unpack[SpecOptions]) -> JobSpec:
        """Makes a spec of a job of this task, with the task's defaults, for the `add_jobs` of a client.

        `options` are what a JobSpec has. Of a task with `unique` give that to `add_unique_jobs`.
        Raises PayloadError for a payload that the handler could not be given.

        >>> await client.add_jobs(send_email.spec(Mail(to), priority=3) for to in addresses)  # doctest: +SKIP
        """
        given, merged = self.prepare(payload, options)
        del merged["unique"]
        try:
            return JobSpec(identifier=self.identifier, payload=given, **merged)
        except TypeError:
            self._check_options(options, "SpecOptions")
            raise

    def _check_options(self, given: Mapping[str, Any], kind: str) -> None:
        from .._basis import habits
        from .._calls import options

        known = getattr(options, kind).__annotations__
        habits.check_options(given, known, habits.ADDING, f"a job of {self.identifier!r}", habits.ONE_PAYLOAD)

    def written(self, payload: Any) -> bytes:
        """Returns the JSON of a payload; of the present version unless it says another."""
        given = payload if self._version is None else self._version.marked(payload)
        return (encode(given) or "{}").encode()

    def prepare(self, payload: Any, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Returns payload and options of a job as `add_job` takes them: the payload as it is written, and the task's
        defaults for options that are not there. Raises PayloadError for a payload that the handler could not be given.
        """
        given: Any = batch(payload) if self.is_batch else payload
        if self._to_add is not None and not (payload is None and self._has_default):
            given = self._to_add(given)
        if self._version is not None:
            given = self._version.mark(given)
        merged = dict(options)
        for name in ("queue_name", "priority", "max_attempts", "unique"):
            merged.setdefault(name, getattr(self, name))
        return given, merged


def _refuse_options(given: Iterable[str], identifier: str) -> None:
    from .._basis import habits

    own = ("run_in", "slots", "queue_name", "unique", "aliases", "version", "upgrade", "middleware")
    known = (*own, "priority", "max_attempts", *PolicyOptions.__annotations__)
    habits.check_options(given, known, habits.REGISTERING, f"task {identifier!r}")


def _identifier(value: str) -> str:
    identifier = text(value, "task identifier")
    if not 1 <= len(identifier) <= 128:
        raise InvalidArgument(f"bad task identifier {identifier!r}", hint="It has 1 to 128 characters")
    return identifier


def _aliases(values: Sequence[str]) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        refuse("aliases", values, "It is a list of former identifiers")
    return tuple(map(_identifier, values))


if TYPE_CHECKING:

    class Added(JobRow, Awaitable[JobRow], frozen=True):
        """A job that was added: to be awaited on an event loop, at hand elsewhere."""

    class TaskOptions(PolicyOptions, total=False):
        """The options of a registration, but for `run_in`: see Task."""

        queue_name: str | None
        priority: int | None
        max_attempts: int | None
        unique: Unique | None
        slots: int | None
        aliases: Sequence[str]
        version: int | None
        upgrade: Upgrade | None
        middleware: Sequence[AsyncMiddleware | PlainMiddleware]
