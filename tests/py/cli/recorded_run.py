"""`run` with something else in the place of Worker, that keeps what it is made with."""

from __future__ import annotations

from typing import Any

from graphile_worker import Hooks, WorkerOptions
from tests.py.support.command import invoke

URL = "postgresql://localhost/app"


class RecordedWorker:
    """Stands for Worker, and keeps the options it was made with."""

    left_running = 0
    made: list[dict[str, Any]]

    def __init__(
        self,
        url: str,
        tasks: Any,
        *,
        crontab: Any = None,
        hooks: Hooks | None = None,
        **options: Any,
    ) -> None:
        # As a worker would: a name or value that it does not take is an error.
        WorkerOptions(**{name: value for name, value in options.items() if value is not None})
        self.hooks = hooks or Hooks()
        given = {"hooks": hooks} if hooks else {}
        self.made.append({"url": url, "tasks": list(tasks), "crontab": crontab, **options, **given})

    async def run(self, *, handle_signals: bool) -> None: ...

    async def run_once(self, *, handle_signals: bool) -> None: ...


def options_of(*args: str, url: str | None = URL, **env: str) -> dict[str, Any]:
    """What the worker was made with; `url` becomes DATABASE_URL."""
    result = invoke("run", *args, url=url, env=env)
    assert result.exit_code == 0, result.output
    return RecordedWorker.made.pop()


def error_of(*args: str, **env: str) -> str:
    result = invoke("run", *args, url=URL, env=env)
    assert result.exit_code == 2, result.output
    return result.stderr
