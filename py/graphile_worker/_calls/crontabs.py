"""Crontab entries as the database takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._basis.arguments import refuse
from .._basis.json_text import encode
from .._crontab.schedule import Schedule

if TYPE_CHECKING:
    from .._crontab.entry import Cron


def document(entries: Iterable[Cron], *, escaped: bool) -> str:
    """Returns the entries as JSON; `escaped` writes characters beyond ASCII as escapes."""
    text = encode([_to_json(entry) for entry in entries]) or "[]"
    # Outside of strings JSON has no such characters.
    return re.sub(r"[^\0-\x7f]", lambda match: json.dumps(match[0])[1:-1], text) if escaped else text


def timed_document(entry: Cron, line: int | None = None) -> str:
    """Returns an entry as JSON that also says when it is due, as `publish_schedules` takes it; `line`: where it
    stands."""
    as_array = document([entry], escaped=True)
    more: dict[str, object] = {"line": line, "backfill": f"{int(entry.fill.total_seconds())} seconds"}
    # Of others a function says when.
    if isinstance(entry.schedule, Schedule):
        more |= {"cron": str(entry.schedule), "time_zone": entry.schedule.tz}
    # Both are objects with attributes.
    return f"{as_array[1:-2]},{json.dumps(more)[1:]}"


def _to_json(entry: Cron) -> dict[str, Any]:
    if not hasattr(entry, "to_json"):
        refuse("entry", entry, "It is a Cron: Cron.parse(line)")
    return entry.to_json()
