"""What the hooks have decided about a job that is to be added."""

from __future__ import annotations

from .._basis.errors import InvalidJob
from .._calls.rows import JobSpec
from .._hooks.decisions import BeforeJobSchedule, Fail, Skip
from .._hooks.hooks import Chain


def intercepted(chain: Chain[BeforeJobSchedule], identifier: str) -> JobSpec | None:
    """Returns the job as it is to be added; None for Skip. Raises InvalidJob for Fail."""
    if isinstance(chain.decision, Fail):
        raise InvalidJob(f"a hook has refused the {identifier!r} job: {chain.decision.reason}")
    return None if isinstance(chain.decision, Skip) else chain.event.spec
