"""What a handler takes, read off its signature."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any, NamedTuple

from .._basis.errors import InvalidArgument
from .context import JobContext


class Signature(NamedTuple):
    """Whether a handler takes a payload, whether it takes a context, and the payload's type."""

    takes_payload: bool
    takes_context: bool
    payload_type: Any

    @classmethod
    def of(cls, handler: Callable[..., Any], identifier: str) -> Signature:
        """Raises InvalidArgument for a function that can't be a handler.

        >>> Signature.of(lambda payload: None, "nothing").takes_context
        False
        """
        parameters = [
            p
            for p in inspect.signature(handler).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
        ]
        if len(parameters) > 2:
            raise InvalidArgument(
                f"task {identifier!r} takes {len(parameters)} arguments",
                hint="It gets the payload and, if wanted, the context",
            )
        try:
            hints = typing.get_type_hints(handler, include_extras=True)
        except NameError as error:
            raise InvalidArgument(
                f"the annotations of task {identifier!r} can't be resolved: {error}",
                hint="Import the type at module level, not only under TYPE_CHECKING",
            ) from error
        names = [p.name for p in parameters]
        if len(names) == 1 and hints.get(names[0]) is JobContext:
            return cls(False, True, Any)
        return cls(bool(names), len(names) == 2, hints.get(names[0], Any) if names else Any)
