"""What the hooks say about a job that is to be added."""

from __future__ import annotations

from .._basis.errors import InvalidJob
from .._hooks.events import BeforeJobSchedule, Decision, Fail, Proceed, Skip


def intercepted(event: BeforeJobSchedule, decision: Decision) -> Proceed | Skip:
    """The decision about a job that is to be added; a Proceed that leaves the payload alone gets it from the event."""
    if isinstance(decision, Fail):
        raise InvalidJob(f"a hook has refused the {event.identifier!r} job: {decision.reason}")
    if isinstance(decision, Skip) or (isinstance(decision, Proceed) and decision.changes_payload):
        return decision
    return Proceed(event.payload)
