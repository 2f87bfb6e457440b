"""The log of the package: what is wrong with logging never becomes the trouble of who logs."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from .error_text import summary_of

Fields = Mapping[str, Any] | None


class CarefulLogger:
    """Logs to the logger of this name. A filter, a handler or a LogRecord factory of the application's that raises
    costs the fields of a record, or else the line goes to stderr as it is. It can't be disabled, only made quieter.

    >>> CarefulLogger("graphile_worker").info("%d jobs", 3)
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self.isEnabledFor = self._logger.isEnabledFor

    def debug(self, message: str, *values: object, extra: Mapping[str, Any] | None = None) -> None:
        self._log(logging.DEBUG, message, values, extra)

    def info(self, message: str, *values: object, extra: Mapping[str, Any] | None = None) -> None:
        self._log(logging.INFO, message, values, extra)

    def warning(self, message: str, *values: object, extra: Mapping[str, Any] | None = None) -> None:
        self._log(logging.WARNING, message, values, extra)

    def error(self, message: str, *values: object, extra: Fields = None, exc_info: BaseException | None = None) -> None:
        self._log(logging.ERROR, message, values, extra, exc_info)

    def _log(self, level: int, message: str, values: tuple[object, ...], extra: Fields, exc_info: Any = None) -> None:
        # By dictConfig or fileConfig in a handler, which disable what they don't name. Who wants silence sets a level.
        self._logger.disabled = False
        try:
            if self._logger.isEnabledFor(level):
                self._logger.log(level, message, *values, extra=extra, exc_info=exc_info, stacklevel=3)
        # A stranger's code, and nobody above can do anything about it.
        except BaseException as error:
            if extra:
                # The application's records may have fields of the same names.
                self._log(level, message, values, None, exc_info)
            else:
                with suppress(BaseException):
                    line = message % values if values else message
                    sys.stderr.write(f"{line} (not logged: {summary_of(error, 200)})\n")


logger = CarefulLogger("graphile_worker")


def tell_apart(seconds: float, tell: Callable[..., None], message: str, *values: object, extra: Fields = None) -> None:
    """Logs in a thread of its own, and waits so many seconds at most: somebody may be blocked who holds the log."""
    telling = threading.Thread(target=tell, args=(message, *values), kwargs={"extra": extra}, daemon=True)
    telling.start()
    telling.join(seconds)
