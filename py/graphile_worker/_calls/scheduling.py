"""The calls that schedule recurring jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._basis.arguments import refuse
from .._basis.json_text import encode
from .call import Call, list_of
from .rows import KnownCrontab, RefusedCrontab, ScheduledCrontab

if TYPE_CHECKING:
    from .._crontab.entry import Cron


def register_crontabs(identifiers: Iterable[str], seen_at: datetime | None) -> Call[list[KnownCrontab]]:
    return list_of(KnownCrontab, "register_crontabs", identifiers=identifiers, seen_at=seen_at)


def schedule_crontabs(
    tick: datetime, entries: Iterable[Cron], *, backfilled: bool, escaped: bool
) -> Call[list[ScheduledCrontab]]:
    return list_of(
        ScheduledCrontab, "schedule_crontabs", tick=tick, entries=_json(entries, escaped=escaped), backfilled=backfilled
    )


def check_crontabs(entries: Iterable[Cron]) -> Call[list[RefusedCrontab]]:
    return list_of(RefusedCrontab, "check_crontabs", entries=_json(entries, escaped=True))


def _json(entries: Iterable[Cron], *, escaped: bool) -> str:
    text = encode([_to_json(entry) for entry in entries]) or "[]"
    # Outside of strings JSON has no such characters.
    return re.sub(r"[^\0-\x7f]", lambda match: json.dumps(match[0])[1:-1], text) if escaped else text


def _to_json(entry: Cron) -> dict[str, Any]:
    if not hasattr(entry, "to_json"):
        refuse("entry", entry, "It is a Cron: Cron.parse(line)")
    return entry.to_json()


def list_crontabs() -> Call[list[KnownCrontab]]:
    return list_of(KnownCrontab, "list_crontabs")
