"""From the text of a crontab to what its entries are made of; everything that is wrong is reported at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from .._basis.errors import PayloadError
from .._basis.json_text import encode
from .fields import FIELDS
from .problems import CrontabError, CrontabProblem, CronValueError
from .schedule import Schedule
from .words import IDENTIFIER_RULE, is_identifier, parse_phrase

_WORD = re.compile(r"[^ \t]+")
_NAMES = re.compile(
    "({0})[a-z]{{0,6}}([,-]({0})[a-z]{{0,6}})*".format("|".join(name for field in FIELDS for name in field.names)),
    re.IGNORECASE,
)
_GAP = re.compile(r"[ \t]*")
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_JSON5_POSITION = re.compile(r"<string>:(\d+) (.*?)(?: at column (\d+))?", re.DOTALL)


Attributes = dict[str, Any]
"""The keyword arguments of one Cron."""


def read_entries(text: str, source: str) -> list[Attributes]:
    """Reads the entries of a crontab, in its order. `source` is what errors call it. Raises CrontabError."""
    problems: list[CrontabProblem] = []
    entries: list[Attributes] = []
    lines_by_id: dict[str, int] = {}
    for number, line in enumerate(re.split(r"\r?\n", text.removeprefix("\ufeff")), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        reader = _LineReader(line)
        entry = reader.read()
        if entry is not None and (other := lines_by_id.setdefault(entry["id"], number)) != number:
            reader.fail(
                reader.id_column,
                f"id {entry['id']!r} is taken by line {other}",
                "Give entries of one task an id each",
            )
        found = sorted(reader.problems)
        problems += (CrontabProblem(source, number, column + 1, message, hint) for column, message, hint in found)
        if entry is not None:
            entries.append({**entry, "source": f"{source}:{number}"})
    if problems:
        raise CrontabError(problems)
    return entries


class _LineReader:
    """Reads one entry; `problems` are (column from 0, message, hint)."""

    def __init__(self, line: str) -> None:
        self._line = line.rstrip()
        self._at = 0
        self.problems: list[tuple[int, str, str]] = []
        self.id_column = 0

    def fail(self, column: int, message: str, hint: str) -> None:
        self.problems.append((column, message, hint))

    def read(self) -> Attributes | None:
        """Reads the entry; None when there are problems."""
        words = [self._word() for _ in FIELDS]
        if not self._complete(words):
            return None
        sets = []
        for (column, text), field in zip(words, FIELDS, strict=True):
            try:
                sets.append(field.parse(text))
            except CronValueError as error:
                self.fail(column + error.offset, str(error), error.hint)

        column, task = self._word()
        self.id_column = column
        if not task:
            self.fail(column, "there is no task", "Name one after the five fields")
            return None
        if not is_identifier(task):
            self.fail(column, f"bad task identifier {task!r}", IDENTIFIER_RULE)
        values = self._options()
        payload = self._payload()
        if self.problems:
            return None
        try:
            schedule = Schedule.of(sets, values.pop("tz", "UTC"))
        except CronValueError as error:
            self.fail(words[2][0], str(error), error.hint)
            return None
        return {"schedule": schedule, "task": task, "payload": payload, "id": task, **values}

    def _word(self) -> tuple[int, str]:
        """Reads the next word and its column; an empty one at the end of the line."""
        self._skip_gap()
        match = _WORD.match(self._line, self._at)
        if match is None:
            return self._at, ""
        self._at = match.end()
        return match.start(), match[0]

    def _skip_gap(self) -> None:
        match = _GAP.match(self._line, self._at)
        assert match is not None
        self._at = match.end()

    def _complete(self, words: list[tuple[int, str]]) -> bool:
        column, first = words[0]
        if first.startswith("@"):
            replacement = _NICKNAMES.get(first.lower(), "the five fields instead")
            self.fail(column, f"there are no names for times: {first}", f"Write {replacement}")
            return False
        for place, (column, text) in enumerate(words):
            # The task stands where a field should (unless it is meant as the name of a day or month): say so, and not
            # that it is a bad field.
            if not text or (place > 0 and re.match(r"[_a-zA-Z?{]", text) and not _NAMES.fullmatch(text)):
                self.fail(
                    column,
                    f"there are {place} fields before the task instead of five",
                    "Write minute, hour, day of the month, month, day of the week",
                )
                return False
        return True

    # Options.

    def _options(self) -> dict[str, Any]:
        self._skip_gap()
        if not self._line.startswith("?", self._at):
            return {}
        start, text = self._word()
        values: dict[str, Any] = {}
        columns: dict[str, int] = {}
        column = start + 1
        for part in text[1:].split("&"):
            name, equals, raw = part.partition("=")
            self._option(values, columns, column, name, unquote_plus(raw) if equals else None)
            column += len(part) + 1
        if "job_key_mode" in values and "job_key" not in values:
            self.fail(columns["job_key_mode"], "job_key_mode without a job_key", "Add job_key=..., or leave it out")
        return values

    def _option(
        self, values: dict[str, Any], columns: dict[str, int], column: int, name: str, value: str | None
    ) -> None:
        if name not in _OPTIONS:
            known = ", ".join(key for key in _OPTIONS if key.islower())
            problem = f"unknown option {name!r}" if name else "an option without a name"
            self.fail(column, problem, f"The options are {known}")
            return
        attribute, convert, rule = _OPTIONS[name]
        if attribute in columns:
            self.fail(column, f"option {name} is given twice", "Give it once")
            return
        columns[attribute] = column
        converted = convert(value) if value else None
        if converted is None:
            shown = f" {value!r}" if value else ""
            self.fail(column + len(name) + 1 if value else column, f"bad {name}{shown}", rule)
            return
        if attribute == "id":
            self.id_column = column
        values[attribute] = converted

    # Payload.

    def _payload(self) -> dict[str, Any] | None:
        self._skip_gap()
        text = self._line[self._at :]
        if not text:
            return None
        if text.startswith("#"):
            self.fail(self._at, "a comment after an entry", "Comments stand on lines of their own")
        elif text.startswith("?"):
            self.fail(self._at, "a second group of options", "Join options with &, as in ?id=a&fill=1h")
        elif not text.startswith("{"):
            self.fail(
                self._at,
                f"unexpected {text[:20]!r}",
                "After the task come ?options, then a {JSON5 object}",
            )
        else:
            try:
                return _object(text)
            except CronValueError as error:
                self.fail(self._at + error.offset, str(error), error.hint)
        return None


def _object(text: str) -> dict[str, Any]:
    """Parses a JSON5 object. Raises CronValueError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        found = _json5(text, error)
    if _has_no_json_form(found):
        raise CronValueError("the payload has a number that is not in JSON", "Leave out NaN and Infinity")
    try:
        encode(found)
    except PayloadError as error:
        raise CronValueError(str(error), "Write both halves of a surrogate pair") from None
    assert isinstance(found, dict)
    return found


def _json5(text: str, json_error: Exception) -> Any:
    try:
        import json5
    except ImportError:
        raise CronValueError(
            f"the payload is not JSON: {json_error}",
            "Write strict JSON, or pip install 'graphile-worker[cron]' for JSON5",
        ) from None
    try:
        return json5.loads(text)
    except (ValueError, RecursionError) as error:
        # "<string>:1 Unexpected "x" at column 7"
        match = _JSON5_POSITION.fullmatch(str(error))
        message, column = (match[2], int(match[3] or 1)) if match else (str(error), 1)
        raise CronValueError(
            f"the payload is not JSON5: {message[:1].lower()}{message[1:]}",
            "Write an object on this one line, as in {to: 'ada', n: 3}",
            offset=min(column, len(text)) - 1,
        ) from None


def _has_no_json_form(value: Any) -> bool:
    match value:
        case dict():
            return any(map(_has_no_json_form, value.values()))
        case list():
            return any(map(_has_no_json_form, value))
        case float():
            return not math.isfinite(value)
        case _:
            return False


def _integer(low: int, high: int) -> Callable[[str], int | None]:
    def convert(text: str) -> int | None:
        if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
            return None
        return int(text) if low <= int(text) <= high else None

    return convert


def _text(longest: int) -> Callable[[str], str | None]:
    return lambda text: text if len(text) <= longest else None


def _zone(text: str) -> str | None:
    try:
        return Schedule(tz=text).tz
    except CronValueError:
        return None


_KEY = ("job_key", _text(512), "A job key has 1 to 512 characters")
_MODE = (
    "job_key_mode",
    lambda text: text if text in ("replace", "preserve_run_at") else None,
    "It is replace or preserve_run_at",
)
_OPTIONS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "id": ("id", lambda text: text if is_identifier(text) else None, IDENTIFIER_RULE),
    "fill": ("fill", parse_phrase, "Write a time phrase: 30m, 12h, 1w2d3h4m5s"),
    "max": ("max_attempts", _integer(1, 32767), "It is 1 to 32767"),
    "queue": ("queue_name", _text(128), "A queue name has 1 to 128 characters"),
    "priority": ("priority", _integer(-32768, 32767), "It is -32768 to 32767; lower runs sooner"),
    "job_key": _KEY,
    "jobKey": _KEY,
    "job_key_mode": _MODE,
    "jobKeyMode": _MODE,
    "tz": (
        "tz",
        _zone,
        "Write a zone as in tz=Europe/Paris; where the system has none, pip install 'graphile-worker[cron]'",
    ),
}
