"""What a handler takes, read off its signature; what can't be given is refused where the handler is registered."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, NamedTuple

from .._basis.errors import InvalidArgument
from .._basis.printable import an
from .context import JobContext

_HINT = "A handler takes nothing, (payload), (payload, context: JobContext) or (context: JobContext)"
_Parameter = inspect.Parameter


class Signature(NamedTuple):
    """Whether a handler takes a payload, whether it takes a context, the payload's type, and its default."""

    takes_payload: bool
    takes_context: bool
    payload_type: Any
    default: Any = _Parameter.empty
    """What stands in for a payload that is absent; Parameter.empty when the handler has no default."""

    @classmethod
    def of(cls, handler: Callable[..., Any], identifier: str) -> Signature:
        """Raises InvalidArgument for a function that can't be a handler, naming the parameter.

        >>> Signature.of(lambda payload: None, "nothing").takes_context
        False
        """
        task = f"task {identifier!r}"
        _check_kind(handler, task)
        hints = _Hints(handler, task)
        parameters = _parameters(handler, task)
        positional = [it for it in parameters if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
        stars = [
            str(it.replace(annotation=it.empty)) for it in parameters if it.kind in (it.VAR_POSITIONAL, it.VAR_KEYWORD)
        ]
        for it in parameters:
            if it.kind is it.KEYWORD_ONLY and (it.default is it.empty or hints.say_context(it)):
                raise InvalidArgument(
                    f"the parameter {it.name!r} of {task} is keyword-only, and nothing is given by keyword", hint=_HINT
                )
        without_payload = not positional or _is_context(hints.of(positional[0]))
        if stars and without_payload:
            raise InvalidArgument(
                f"the parameter {stars[0]} of {task} would get nothing",
                hint=f"{_HINT}. A decorator keeps the signature of what it wraps by functools.wraps",
            )
        if not positional:
            return cls(False, False, Any)
        first, *others = positional
        if first.name in ("self", "cls") and first.annotation is first.empty:
            raise InvalidArgument(
                f"{task} is a method that belongs to no object: its parameter {first.name!r} would get the payload",
                hint=f"Register it as that of an object: tasks.add(thing.method, {identifier!r}). What a function "
                "is to know of its job is a second parameter, context: JobContext",
            )
        if first.name == "context" and first.annotation is first.empty:
            raise InvalidArgument(
                f"the parameter 'context' of {task} would get the payload",
                hint=f"Annotate it: as JobContext, or, if it is the payload, as dict[str, Any]. {_HINT}",
            )
        takes_context = without_payload or (bool(others) and _gets_context(others[0], hints, task))
        for other in others if without_payload else others[takes_context:]:
            _check_left_out(other, hints, task, 2 if without_payload else len(positional))
        if without_payload:
            return cls(False, True, Any)
        return cls(True, takes_context, hints.of(first), first.default)


def _check_kind(handler: Callable[..., Any], task: str) -> None:
    function = function_of(handler)
    generates = inspect.isgeneratorfunction(function) and not _is_old_coroutine(function)
    if generates or inspect.isasyncgenfunction(function):
        raise InvalidArgument(
            f"{task} is a generator: calling it runs nothing",
            hint="A handler does its work and returns, without yield",
        )
    if inspect.isclass(handler):
        raise InvalidArgument(
            f"{task} is a class: calling it makes an object, and runs nothing else",
            hint="Register a function, or a method of an object",
        )


def _is_old_coroutine(function: Any) -> bool:
    return bool(function.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE)


def function_of(handler: Any) -> Any:
    """Returns the function that is called in the end, below partials, methods and objects that are called."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    if not inspect.isroutine(handler) and not inspect.isclass(handler):
        handler = type(handler).__call__
    return getattr(handler, "__func__", handler)


def is_async(handler: Callable[..., Any]) -> bool:
    """Tells whether a call makes a coroutine, as far as can be seen; a plain decorator around it is seen when run."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(function_of(handler))


def wraps_async(handler: Callable[..., Any]) -> bool:
    """Tells whether an async function is below decorators that have kept its signature by functools.wraps."""
    return is_async(inspect.unwrap(handler))


def _parameters(handler: Callable[..., Any], task: str) -> list[_Parameter]:
    try:
        if sys.version_info >= (3, 14):
            import annotationlib

            signature = inspect.signature(handler, annotation_format=annotationlib.Format.FORWARDREF)
        else:
            signature = inspect.signature(handler)
    except ValueError as error:
        raise InvalidArgument(
            f"{task} has no signature that can be read: {error}", hint="Wrap it: lambda payload: it(payload)"
        ) from error
    return list(signature.parameters.values())


class _Hints:
    """The types that annotations stand for, looked up one by one: what nobody needs may be unknown here."""

    def __init__(self, handler: Callable[..., Any], task: str) -> None:
        function = function_of(inspect.unwrap(handler))
        self._globals = getattr(inspect.unwrap(function), "__globals__", {})
        self._task = task

    def of(self, parameter: _Parameter) -> Any:
        """Returns the type of a parameter, with the metadata of Annotated; Any without annotation."""
        if parameter.annotation is parameter.empty:
            return Any
        annotated = types.SimpleNamespace(__annotations__={"it": parameter.annotation})
        try:
            return typing.get_type_hints(annotated, self._globals, include_extras=True)["it"]
        except Exception as error:  # Whatever stands in the annotation is evaluated.
            raise InvalidArgument(
                f"the annotation of the parameter {parameter.name!r} of {self._task} can't be resolved: {error}",
                hint="Import the type at module level, not only under TYPE_CHECKING",
            ) from error

    def say_context(self, parameter: _Parameter) -> bool:
        """Tells whether a parameter that gets nothing is annotated with the context; what can't be resolved is not."""
        try:
            return _is_context(self.of(parameter))
        except InvalidArgument:
            return False


def _gets_context(parameter: _Parameter, hints: _Hints, task: str) -> bool:
    """Tells whether a second parameter gets the context; False when it keeps its default."""
    annotation = hints.of(parameter)
    if _is_context(annotation):
        return True
    if parameter.default is not parameter.empty:
        if parameter.default is None and annotation in (Any, object):
            raise InvalidArgument(
                f"the parameter {parameter.name!r} of {task} may be meant for the context, or not",
                hint=f"Annotate it, or make it keyword-only. {_HINT}",
            )
        return False
    if annotation in (Any, object) or isinstance(annotation, typing.TypeVar) or _is_protocol(annotation):
        return True
    shown = str(getattr(annotation, "__name__", annotation))
    raise InvalidArgument(
        f"the parameter {parameter.name!r} of {task} is {an(shown)}, and the second one gets the JobContext",
        hint=f"{_HINT}; what else it needs are members of the payload",
    )


def _check_left_out(parameter: _Parameter, hints: _Hints, task: str, count: int) -> None:
    """Raises for a parameter that gets nothing and needs something."""
    if parameter.default is parameter.empty:
        raise InvalidArgument(
            f"{task} takes {count} arguments, and there is nothing for the parameter {parameter.name!r}",
            hint=f"{_HINT}; what else it needs are members of the payload",
        )
    if hints.say_context(parameter):
        raise InvalidArgument(
            f"the parameter {parameter.name!r} of {task} is a JobContext, which comes second", hint=_HINT
        )


def _is_context(annotation: Any) -> bool:
    """Tells whether an annotation is JobContext, or a union or Annotated with it."""
    if isinstance(annotation, type):
        return issubclass(annotation, JobContext)
    if typing.get_origin(annotation) is typing.Annotated:
        return _is_context(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return any(map(_is_context, typing.get_args(annotation)))
    return False


def _is_protocol(annotation: Any) -> bool:
    return bool(getattr(annotation, "_is_protocol", False))
