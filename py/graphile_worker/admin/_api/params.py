"""Types of values that requests bring, with their bounds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

MAX_IDS = 1000
# Seconds: how long a worker may be silent, and until its jobs are due again.
SWEEP_THRESHOLD = 300.0
RECOVERY_DELAY = 30.0

Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Ids = Annotated[list[Id], Meta(min_length=1, max_length=MAX_IDS)]
PageSize = Annotated[int, Meta(ge=1, le=500)]
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
