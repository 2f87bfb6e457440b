"""The decision of the hooks about a job that is to be added."""

from __future__ import annotations

from .._basis.errors import InvalidJob
from .._hooks.decisions import BeforeJobSchedule, Decision, Fail, Proceed, Skip


def intercepted(event: BeforeJobSchedule, decision: Decision) -> Proceed | Skip:
    """Completes the decision: a Proceed without a payload gets the event's. Raises InvalidJob for Fail."""
    if isinstance(decision, Fail):
        raise InvalidJob(f"a hook has refused the {event.identifier!r} job: {decision.reason}")
    if isinstance(decision, Skip) or (isinstance(decision, Proceed) and decision.changes_payload):
        return decision
    return Proceed(event.payload)
