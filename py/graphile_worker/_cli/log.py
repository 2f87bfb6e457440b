"""The log of `run`, on stderr."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from .._basis.printable import printable

LEVELS = ("debug", "info", "warning", "error")

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class _Lines(logging.Formatter):
    """A formatter: time, level, message."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        # What comes from jobs can't steer a terminal.
        return "\n".join(printable(line) for line in super().format(record).split("\n"))


class _JsonLines(logging.Formatter):
    """A formatter: one JSON object a line, with the fields of the job that the record is about."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class _Remark(logging.Formatter):
    """A formatter for warnings among the output of a command."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {printable(record.getMessage())}"


def configure_remarks() -> None:
    """Gives warnings the form of the other lines on stderr, as long as nobody has set up logging."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Remark())


def configure(level: str, *, as_json: bool) -> None:
    """Logs from `level` on to stderr, unless the imported module has set up logging in its own way."""
    _enable()
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    root.addHandler(handler)
    root.setLevel(level.upper())


def _enable() -> None:
    """Gives the worker its loggers back.

    `dictConfig` and `fileConfig` disable every logger that there is and that they don't name, unless they are told
    otherwise. Whoever wants silence says so by a level.
    """
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.split(".")[0] == "graphile_worker":
            logger.disabled = False
