"""Unique jobs: as long as there is one with the same key, adding it again gives that one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal, get_args

import msgspec
from psycopg.rows import tuple_row

from .._basis import arguments
from .._basis.arguments import refuse
from .._basis.errors import InvalidJob
from .adding import add_jobs
from .call import Call
from .rows import JobRow, JobSpec
from .statements import DELAYED, delayed_name

Until = Literal["started", "ended", "completed"]
_paths = arguments.several(arguments.text)


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """That there is to be one job of its task with the same key; by default the key is the payload.

    `by`: the key is only what stands at these paths of the payload, `order.id` within a member; `key`: it is this text.
    `until`: how long a job keeps others from being added: until it has `started`, has `ended` (it is completed, failed
    for good or cancelled), or is `completed` (a failed one goes on doing so). `within`: for so long after it was added
    in any case, also when it is completed, but not when it has failed for good.
    Raises InvalidArgument for values out of bounds.

    >>> Unique(by=["user_id"], within=timedelta(hours=1)).until
    'ended'
    """

    key: str | None = None
    by: Sequence[str] | None = None
    within: timedelta | None = None
    until: Until = "ended"

    def __post_init__(self) -> None:
        if self.key is not None:
            arguments.text(self.key, "key")
            if self.by is not None:
                refuse("by", self.by, "The key is given: leave out one of key and by")
        if self.by is not None:
            _paths(self.by, "by")
        if self.within is not None and arguments.duration(self.within, "within") <= timedelta(0):
            refuse("within", self.within, "It is more than 0")
        if self.until not in get_args(Until):
            refuse("until", self.until, "It is started, ended or completed")

    def params(self) -> dict[str, Any]:
        by = None if self.by is None else list(self.by)
        return {"unique_key": self.key, "by": by, "within": self.within, "until": self.until}


class UniqueJob(msgspec.Struct, frozen=True):
    """The job there is for a spec of add_unique_jobs: added by it, or there before and maybe done."""

    id: int
    is_new: bool


def unique_job(call: Call[JobRow], unique: Unique) -> Call[JobRow]:
    """Makes the call that adds a job add a unique one. Raises InvalidJob for one that has a job_key."""
    unique = _checked(unique)
    _refuse_key(call.params["job_key"])
    # Itself, too, for who records what is added.
    params = {**call.params, **unique.params(), "unique": unique}
    return Call("add_unique_job", params, tuple_row, call.result)


def unique_jobs(specs: Sequence[JobSpec], unique: Unique) -> Call[list[UniqueJob]]:
    """Adds at least one unique job. Raises InvalidJob for one that has a job_key."""
    unique = _checked(unique)
    if unique.key is not None:
        refuse("key", unique.key, "Of many jobs it would be the same: leave it out, or give by", InvalidJob)
    for spec in specs:
        _refuse_key(spec.job_key)
    call = add_jobs(specs, job_key_preserve_run_at=False)
    # Where that is the same for all, one stands there.
    identifiers = [spec.identifier for spec in specs]
    params = {**call.params, **unique.params(), "identifiers": msgspec.json.encode(identifiers).decode()}
    statement = delayed_name("add_unique_jobs") if call.statement in DELAYED else "add_unique_jobs"
    return Call(statement, params, tuple_row, lambda rows: [UniqueJob(*row) for row in rows])


def _checked(unique: Unique) -> Unique:
    if not isinstance(unique, Unique):
        refuse("unique", unique, "It is a Unique: Unique(by=['user_id'])", InvalidJob)
    return unique


def _refuse_key(job_key: str | None) -> None:
    if job_key is not None:
        refuse(
            "job_key", job_key, "The job is unique: leave out job_key, which replaces the job that is there", InvalidJob
        )
