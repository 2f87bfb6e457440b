"""What goes on failing and being tried again, and what the log says about it."""

from __future__ import annotations

from collections.abc import Callable

from .backoff import Backoff
from .log import logger
from .printable import first_line


class Retries(Backoff):
    """Delays between tries, of which the log is told: of the first one, then ever more rarely, as an outage is not to
    fill it.

    >>> Retries("no heartbeat").failed(OSError("no route")) <= 0.1
    True
    """

    def __init__(
        self,
        what: str,
        *,
        then: str = "trying again",
        longest: float = 5.0,
        tell: Callable[..., None] = logger.warning,
        explain: Callable[[BaseException], str] = first_line,
    ) -> None:
        super().__init__(longest=longest)
        self._what = f"{what}, {then}"
        self._tell = tell
        self._explain = explain

    def failed(self, error: BaseException) -> float:
        """Returns the delay, in seconds, before the next try."""
        delay = self.next()
        if self.failures & (self.failures - 1) == 0:
            self._tell("%s (%d): %s", self._what, self.failures, self._explain(error))
        return delay

    def succeeded(self, what: str) -> None:
        """Begins anew; says so, if there were failures."""
        if self.failures:
            logger.info("%s (failed tries: %d)", what, self.failures)
            self.reset()
