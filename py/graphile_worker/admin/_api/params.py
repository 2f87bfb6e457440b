"""Types of values that requests bring, with their bounds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from .._problems import bad_request

T = TypeVar("T")

MAX_IDS = 1000
MAX_PAGE = 500
# Seconds: how long a worker may be silent, and until its jobs are due again.
SWEEP_THRESHOLD = 300.0
RECOVERY_DELAY = 30.0

Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Ids = Annotated[list[Id], Meta(min_length=1, max_length=MAX_IDS)]
PageSize = Annotated[int, Meta(ge=1)]
Rows = Annotated[int, Meta(ge=1, le=1_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=512)]
Search = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=10_000)]
Smallint = Annotated[int, Meta(ge=-32768, le=32767)]
Attempts = Annotated[int, Meta(ge=0, le=32767)]
MaxAttempts = Annotated[int, Meta(ge=1, le=32767)]
Instant = Annotated[datetime, Meta(tz=True)]
Seconds = Annotated[float, Meta(ge=0, le=10 * 365 * 86400)]


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query parameters; without fields, an address that takes none."""


class Page(Query, frozen=True, kw_only=True):
    """The query for a page of a list; a `limit` above MAX_PAGE counts as that."""

    limit: PageSize = 50

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "limit", min(self.limit, MAX_PAGE))


class Body(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, repr_omit_defaults=True
):
    """The JSON object of a POST."""


class Changes(Body, frozen=True, kw_only=True):
    """The values that rescheduling changes; None leaves a value as it is."""

    run_at: Instant | None = None
    priority: Smallint | None = None
    attempts: Attempts | None = None
    max_attempts: MaxAttempts | None = None

    @property
    def values(self) -> dict[str, object]:
        """The values by name, as the client takes them."""
        names = ("run_at", "priority", "attempts", "max_attempts")
        return {name: getattr(self, name) for name in names}

    @property
    def is_empty(self) -> bool:
        return all(value is None for value in self.values.values())


def either(**values: T | None) -> T | None:
    """Returns what was given under one of several names for the same thing. Raises Problem when they differ.

    >>> either(queue_name=None, queue="mail")
    'mail'
    """
    given = {name: value for name, value in values.items() if value is not None}
    first = next(iter(given.values()), None)
    if any(value != first for value in given.values()):
        raise bad_request(f"{' and '.join(given)} are the same thing, and differ")
    return first
