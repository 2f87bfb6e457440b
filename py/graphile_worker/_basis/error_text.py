"""What an operator reads about an error of a stranger's: bounded, and made without asking the error for anything that
it could answer in its own way. Python's own `traceback` trusts it, and writes out texts of any size.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import Any

from .printable import LONGEST_TEXT, shorten, text_of

_LONGEST_INNER = 5_000
_MOST_FRAMES = 100
_MOST_LINKS = 10
_MOST_MEMBERS = 10
_DEEPEST = 3


def summary_of(error: BaseException, longest: int = LONGEST_TEXT) -> str:
    r"""Returns the class and the text of an error, which may have several lines.

    >>> summary_of(ValueError("\n\nbad luck"))
    'ValueError: bad luck'
    """
    try:
        name = shorten(type.__getattribute__(type(error), "__qualname__").rpartition("<locals>.")[2], 200)
    except BaseException:  # A stranger's metaclass.
        name = "an error"
    text = text_of(error, longest).strip()
    return f"{name}: {text}" if text else name


def describe(error: BaseException, *, without: Collection[str] = ()) -> str:
    """Tells what an error says, and then where it came from: its traceback, notes, and causes.

    `without` are modules whose frames are left out. Raises nothing.
    """
    summary = summary_of(error, _LONGEST_INNER)
    try:
        story = "".join(_story(error, without, 0))
    except BaseException as failure:  # Whatever a stranger's error has been up to.
        story = f"its traceback can't be shown: {type(failure).__name__}"
    return shorten(f"{summary}\n\n{story}".strip(), LONGEST_TEXT - 100)


def _story(error: BaseException, without: Collection[str], depth: int) -> Iterator[str]:
    links = list(_chain(error))
    for number, (link, why) in enumerate(reversed(links)):
        frames: TracebackType | None = _attribute(link, "__traceback__")
        while frames is not None and frames.tb_frame.f_globals.get("__name__") in without:
            frames = frames.tb_next
        if frames is not None:
            yield "Traceback (most recent call last):\n"
            yield from _frames(frames, without).format()
        yield f"{summary_of(link, _LONGEST_INNER)}\n"
        yield from _notes(link)
        if depth < _DEEPEST:
            yield from _members(link, without, depth)
        if number < len(links) - 1:
            yield why


def _frames(frames: TracebackType, without: Collection[str]) -> traceback.StackSummary:
    modules = [frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(frames)][-_MOST_FRAMES:]
    found = zip(traceback.extract_tb(frames, -_MOST_FRAMES), modules, strict=True)
    return traceback.StackSummary.from_list([frame for frame, module in found if module not in without])


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """Yields the error, what it came from, and so on; each with what is said between the two."""
    seen: set[int] = set()
    link: BaseException | None = error
    why = ""
    while link is not None and id(link) not in seen and len(seen) < _MOST_LINKS:
        seen.add(id(link))
        yield link, why
        cause = _attribute(link, "__cause__")
        why = "\nThe above exception was the direct cause of the following exception:\n\n"
        if cause is None and not _attribute(link, "__suppress_context__"):
            cause = _attribute(link, "__context__")
            why = "\nDuring handling of the above exception, another exception occurred:\n\n"
        link = cause


def _notes(error: BaseException) -> Iterator[str]:
    notes = _attribute(error, "__notes__")
    if type(notes) is list:
        for note in notes[:_MOST_MEMBERS]:
            yield f"{text_of(note, _LONGEST_INNER)}\n"


def _members(group: BaseException, without: Collection[str], depth: int) -> Iterator[str]:
    if not issubclass(type(group), BaseExceptionGroup):
        return
    members = _attribute(group, "exceptions") or ()
    for number, member in enumerate(members[:_MOST_MEMBERS], 1):
        yield f"  ---------------- {number} ----------------\n"
        for line in "".join(_story(member, without, depth + 1)).splitlines():
            yield f"  {line}\n"
    if len(members) > _MOST_MEMBERS:
        yield f"  and {len(members) - _MOST_MEMBERS} more\n"


def _attribute(error: BaseException, name: str) -> Any:
    """Looks an attribute up, but not by the error's own ways, which may do anything."""
    try:
        return object.__getattribute__(error, name)
    except BaseException:  # No such attribute, or a property of a stranger's.
        return None
