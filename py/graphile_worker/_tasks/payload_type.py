"""The type that a handler declares for its payload: JSON to a value of it, and back.

What a registration accepts makes the round trip. msgspec does it, or pydantic where the type has some of it inside.
"""

from __future__ import annotations

import importlib.util
import typing
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .._basis.arguments import shown
from .._basis.errors import InvalidArgument, PayloadError
from .._basis.json_text import decode, encode
from .._basis.printable import a_kind, an
from .._basis.round_trip import losses
from .errors import MISFIT

_EMPTY = b"{}"
"""What the database stores where a job was added without a payload."""
_NULL = msgspec.Raw(b"null")
_JSON = (dict, list, str, int, float, bool, type(None))


class PayloadType:
    """Decodes and checks payloads of the task `identifier`.

    Raises InvalidArgument for a type whose values can't make the round trip.

    >>> PayloadType(list[int], "sum").decode(b"[1, 2]")
    [1, 2]
    """

    def __init__(self, declared: Any, identifier: str) -> None:
        self.identifier = identifier
        self.decode: Callable[[bytes], Any] = decode
        self._to_json: Callable[[Any], Any] | None = None
        try:
            if declared in (dict, list):
                self.decode = _only(declared)
            elif _wants_pydantic(declared):
                self.decode, self._to_json = _by_pydantic(declared)
            else:
                self.decode = _by_msgspec(declared)
        except InvalidArgument as error:
            raise InvalidArgument(f"the payload of task {identifier!r}: {error.args[0]}", hint=error.hint) from error
        self._decode_said, self._says_none = self.decode, False
        if self._fits(b"null"):
            # Where the empty payload is another value of the type, None has to be said.
            self._says_none = self._fits(_EMPTY)
            if not self._says_none:
                self.decode = _none_if_empty(self.decode)

    def _fits(self, payload_json: bytes) -> bool:
        try:
            self.decode(payload_json)
        except Exception:  # Validators are a stranger's code.
            return False
        return True

    def to_add(self, payload: Any) -> Any:
        """Returns the payload as `add_job` is to be given it. Raises PayloadError for one that no handler could get.

        >>> PayloadType(list[int], "sum").to_add({1, 2})
        {1, 2}
        """
        if payload is None:
            given, read = _NULL if self._says_none else None, self.decode
        else:
            read = self._decode_said
            given = payload if self._to_json is None else self._written(payload)
        try:
            found = read((encode(given) or "{}").encode())
        except PayloadError:
            raise
        except Exception as error:  # Validators are a stranger's code.
            what = error if isinstance(error, MISFIT) else f"{type(error).__name__}: {error}"
            raise PayloadError(f"the payload {shown(payload)} does not fit {self.identifier}: {what}") from error
        is_plain = type(payload).__module__ == "builtins"
        if self._to_json is not None and not is_plain and not isinstance(payload, type(found)):
            raise PayloadError(
                f"the payload of {self.identifier}, {a_kind(payload)}, would arrive as {an(_name(type(found)))}",
                hint="Give the types a discriminator",
            )
        return given

    def _written(self, payload: Any) -> Any:
        assert self._to_json is not None
        try:
            return self._to_json(payload)
        except MISFIT as error:
            raise PayloadError(
                f"the payload of {self.identifier}, {a_kind(payload)}, can't be written as JSON: {error}"
            ) from error


def _only(cls: type) -> Callable[[bytes], Any]:
    def decode_only(payload_json: bytes) -> Any:
        found = decode(payload_json)
        if not isinstance(found, cls):
            raise TypeError(f"Expected `{'object' if cls is dict else 'array'}`, got {shown(found)}")
        return found

    return decode_only


def _none_if_empty(decode_value: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    return lambda payload_json: None if payload_json == _EMPTY else decode_value(payload_json)


# Types that msgspec checks.


def _by_msgspec(declared: Any) -> Callable[[bytes], Any]:
    try:
        decoder = msgspec.json.Decoder(declared)
        _refuse_custom(msgspec.inspect.type_info(declared))
    except (TypeError, NameError, RecursionError) as error:
        raise InvalidArgument(
            f"no JSON can be made into {_name(declared)}: {error}",
            hint="Annotate it with what has a JSON form: dict, a dataclass, a msgspec or pydantic model",
        ) from error
    return decoder.decode


def _refuse_custom(info: Any) -> None:
    todo, seen = [info], set()
    while todo:
        node = todo.pop()
        if isinstance(node, tuple):
            todo += node
        elif isinstance(node, (msgspec.inspect.Type, msgspec.inspect.Field)) and id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, msgspec.inspect.CustomType) and not any(issubclass(kind, node.cls) for kind in _JSON):
                raise TypeError(f"{_name(node.cls)} has no JSON form")
            todo += [getattr(node, name) for name in node.__struct_fields__ if not name.startswith("default")]


# Types that pydantic checks.


def _wants_pydantic(declared: Any) -> bool:
    """Tells whether something of pydantic is in a type. Raises InvalidArgument where msgspec has a say, too."""
    of_pydantic = of_msgspec = None
    try:
        for part in _parts(declared):
            kind = part if isinstance(part, type) else type(part)
            if kind.__module__.split(".")[0] in ("pydantic", "annotated_types") or any(
                hasattr(part, name) for name in ("__get_pydantic_core_schema__", "__pydantic_core_schema__")
            ):
                of_pydantic = part
            elif isinstance(part, msgspec.Meta) or (isinstance(part, type) and issubclass(part, msgspec.Struct)):
                of_msgspec = part
    except NameError as error:
        raise InvalidArgument(
            f"{_name(declared)} can't be resolved: {error}",
            hint="Import what its annotations name at module level, not only under TYPE_CHECKING",
        ) from error
    if of_pydantic is None:
        return False
    if of_msgspec is not None:
        raise InvalidArgument(
            f"{_name(declared)} has {_name(of_msgspec)} of msgspec and {_name(of_pydantic)} of pydantic in it",
            hint="Neither checks what the other says: use one of them",
        )
    if importlib.util.find_spec("pydantic") is None:
        raise InvalidArgument(
            f"{_name(declared)} has {_name(of_pydantic)} in it, which msgspec does not check",
            hint="pip install pydantic, or say it with msgspec.Meta",
        )
    return True


def _parts(declared: Any) -> Iterator[Any]:
    """Yields a type and what it is made of: arguments, metadata and the types of fields, but not those of models."""
    todo: list[Any] = [declared]
    seen: list[Any] = []
    while todo:
        part = todo.pop()
        if any(part is other for other in seen):
            continue
        seen.append(part)
        yield part
        todo += getattr(part, "__metadata__", ())
        todo += typing.get_args(part)
        for name in ("__origin__", "__supertype__", "__value__", "__bound__"):
            todo += [inner for inner in [getattr(part, name, None)] if inner is not None]
        if isinstance(part, type) and _has_fields(part):
            todo += typing.get_type_hints(part, include_extras=True).values()


def _has_fields(cls: type) -> bool:
    """Tells whether a class is a dataclass, TypedDict (of any module), struct, attrs class or NamedTuple."""
    names = ("__dataclass_fields__", "__total__", "__struct_fields__", "__attrs_attrs__", "_field_defaults")
    return any(hasattr(cls, name) for name in names)


def _by_pydantic(declared: Any) -> tuple[Callable[[bytes], Any], Callable[[Any], Any]]:
    import pydantic

    try:
        adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(declared)
        adapter.rebuild(raise_errors=True)
    except (pydantic.PydanticUserError, NameError, TypeError) as error:
        raise InvalidArgument(
            f"pydantic can't read {_name(declared)} from JSON: {error}", hint="Declare its parts before the task"
        ) from error
    for what, remedy in losses(adapter.core_schema):
        raise InvalidArgument(f"{_name(declared)} does not make the round trip: {what}", hint=remedy)

    def to_json(value: Any) -> Any:
        # Not as bytes: pydantic would write NaN as null.
        return adapter.dump_python(value, mode="json", by_alias=True, round_trip=True, warnings=False)

    return adapter.validate_json, to_json


def _name(part: Any) -> str:
    return part.__qualname__ if isinstance(part, type) and not typing.get_args(part) else shown(part)
