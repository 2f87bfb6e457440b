"""What a pydantic schema writes so that it can't be read again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache
from typing import Any

STARS = "a secret is written as stars"
REVEAL = "Add a @field_serializer that returns get_secret_value(), or give what the secret can be looked up by"
_NO_CONFIG: Mapping[str, Any] = {}


@lru_cache(maxsize=1000)
def hides_secrets(model: Hashable) -> bool:
    """Tells whether a pydantic model has a secret inside that it would not write."""
    return any(what == STARS for what, _ in losses(getattr(model, "__pydantic_core_schema__", None)))


def losses(node: Any, config: Mapping[str, Any] = _NO_CONFIG) -> Iterator[tuple[str, str]]:
    """Yields what of a pydantic schema is written so that it can't be read again, and the remedy."""
    if isinstance(node, (list, tuple)):
        for part in node:
            yield from losses(part, config)
    if not isinstance(node, Mapping):
        return
    config = node.get("config", config)
    writer = node.get("serialization", {})
    if writer.get("type") == "function-plain":
        # Written by that function, whatever is inside.
        function = writer["function"]
        if function.__module__ == "pydantic.types" and function.__name__.startswith("_serialize_secret"):
            yield STARS, REVEAL
        return
    fields = node.get("fields", {})
    for name, field in (
        fields.items() if isinstance(fields, dict) else ((f["name"], f) for f in fields if isinstance(f, dict))
    ):
        if field.get("serialization_exclude"):
            yield f"{name!r} is excluded from what is written", "Leave out exclude=True"
        written, read = field.get("serialization_alias", name), _names_read(name, field, config)
        if written not in read:
            hint = "Give it one `alias`, or let the model have validate_by_name and populate_by_name"
            yield f"{name!r} is written as {written!r} and read as {' or '.join(map(repr, read)) or 'a part'}", hint
    for key, part in node.items():
        if key not in _NO_SCHEMA:
            yield from losses(part, config)


_NO_SCHEMA = {"config", "metadata", "serialization", "default", "computed_fields", "function", "expected", "members"}
"""Keys of a pydantic schema with none of a payload's fields under them."""


def _names_read(name: str, field: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    alias = field.get("validation_alias")
    if alias is None:
        return [name]
    # A name, the path to a part of what is read, or a choice of such paths.
    choices = [[alias]] if isinstance(alias, str) else alias if isinstance(alias[0], list) else [alias]
    paths = [path[0] for path in choices if len(path) == 1]
    by_name = config.get("validate_by_name") or config.get("populate_by_name")
    return (paths if config.get("validate_by_alias", True) else []) + ([name] if by_name else [])
