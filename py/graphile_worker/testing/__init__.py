"""For the tests of an application: run a task by itself, run what is in a queue, look at what was added.

None of it needs a test framework. `graphile_worker.testing.plain` has the same for tests that are plain functions;
fixtures for pytest are in `graphile_worker.testing.pytest_plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._drain import Drained, FailedJob, drain
from ._isolated import AddedJob, RecordingClient, make_context, run_task
from ._jobs import jobs_of

__all__ = ["AddedJob", "Drained", "FailedJob", "RecordingClient", "drain", "jobs_of", "make_context", "run_task"]

if not TYPE_CHECKING:
    # To a type checker the module has what it has.
    def __getattr__(name: str) -> Any:
        from .._basis.habits import OF_MODULES, attribute_error

        raise attribute_error(__name__, name, OF_MODULES)
