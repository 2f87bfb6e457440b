"""Crontab entries as the database takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._basis.arguments import refuse
from .._basis.json_text import encode

if TYPE_CHECKING:
    from .._crontab.entry import Cron


def document(entries: Iterable[Cron], *, escaped: bool) -> str:
    """Returns the entries as JSON; `escaped` writes characters beyond ASCII as escapes."""
    text = encode([_to_json(entry) for entry in entries]) or "[]"
    # Outside of strings JSON has no such characters.
    return re.sub(r"[^\0-\x7f]", lambda match: json.dumps(match[0])[1:-1], text) if escaped else text


def _to_json(entry: Cron) -> dict[str, Any]:
    if not hasattr(entry, "to_json"):
        refuse("entry", entry, "It is a Cron: Cron.parse(line)")
    return entry.to_json()
