"""A crontab: entries with an id each, from text, a file, or code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Self

from .._basis.arguments import refuse
from .._basis.errors import InvalidArgument
from .entry import Cron
from .parser import read_entries
from .problems import CrontabError, CrontabProblem

_RULE = "An entry is a Cron: Cron.parse(line), Cron.daily_at(...); a text or path can be a crontab as a whole"


class Crontab:
    """Entries, each with an id of its own, in the order given. Raises InvalidArgument when an id stands twice.

    >>> crontab = Crontab.parse("0 8 * * * send_digest ?fill=6h")
    >>> [entry.task for entry in crontab]
    ['send_digest']
    """

    def __init__(self, entries: Iterable[Cron]) -> None:
        self.file: str | None = None
        """The path that it was read from."""
        self._entries: dict[str, Cron] = {}
        if not isinstance(entries, Iterable):
            refuse("crontab", entries, _RULE)
        for entry in entries:
            if not isinstance(entry, Cron):
                refuse("entry of a crontab", entry, _RULE)
            if self._entries.setdefault(entry.id, entry) is not entry:
                raise InvalidArgument(
                    f"two crontab entries have the id {entry.id!r}", hint="Give entries of one task an id each"
                )

    @classmethod
    def parse(cls, text: str, source: str = "crontab") -> Self:
        """Makes a crontab from text, which errors call `source`. Raises CrontabError with everything that is wrong."""
        return cls(Cron(**attributes) for attributes in read_entries(text, source))

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Self:
        """Makes a crontab from a file. Raises CrontabError with everything that is wrong, or OSError."""
        data = Path(path).read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start]
            line_start = before.rfind(b"\n") + 1
            raise CrontabError(
                [
                    CrontabProblem(
                        str(path),
                        before.count(b"\n") + 1,
                        len(before[line_start:].decode()) + 1,
                        "this is not UTF-8",
                        "Save the file as UTF-8",
                    )
                ]
            ) from None
        crontab = cls.parse(text, str(path))
        crontab.file = str(path)
        return crontab

    @classmethod
    def of(cls, source: CrontabSource) -> Crontab:
        """Makes a crontab from whatever a worker takes: a Crontab, text, a path, an entry, or entries."""
        match source:
            case Crontab():
                return source
            case Cron():
                return cls([source])
            case str():
                return cls.parse(source)
            case PathLike():
                return cls.read(source)
            case _:
                return cls(source)

    def __iter__(self) -> Iterator[Cron]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, id: str) -> Cron:  # noqa: A002  # It is what an entry calls it.
        return self._entries[id]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Crontab) and self._entries == other._entries

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """Returns the crontab as text, an entry a line."""
        return "".join(f"{entry}\n" for entry in self)


CrontabSource = Crontab | str | PathLike[str] | Cron | Iterable[Cron]
"""What a crontab is made from: text is a `str`, a file is a `pathlib.Path`."""
