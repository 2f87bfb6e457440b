"""Changes to jobs: selected ones, all that meet a filter, the one with a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from msgspec import Meta, structs
from starlette.requests import Request
from starlette.routing import Route

from ..._calls.operator_rows import BulkResult, CancelState
from ..._calls.rows import JobRow
from ..._client.async_client import AsyncClient
from .._problems import bad_request
from .context import Context
from .jobs import hearing, in_full
from .params import MAX_IDS, Body, Changes, Id, Ids, Instant, Name, Query, Text, either

_SECONDS = 60.0
_DEFAULT_STATES_FRESH = 60.0
_MATCHING: dict[str, Callable[..., Awaitable[BulkResult]]] = {
    "complete": AsyncClient.complete_matching_jobs,
    "fail": AsyncClient.fail_matching_jobs,
    "remove": AsyncClient.remove_matching_jobs,
    "reschedule": AsyncClient.reschedule_matching_jobs,
    "retry": AsyncClient.retry_matching_jobs,
    "run-now": AsyncClient.reschedule_matching_jobs,
    "cancel": AsyncClient.cancel_matching_jobs,
}
# Where it is not the database's own. Whoever names jobs to be retried means them, failed or not; what has failed has
# nothing to gain from an earlier time.
_CHOSEN_STATE = {"retry": "all", "run-now": "waiting"}


class Action(Changes, frozen=True, kw_only=True):
    action: Literal["complete", "fail", "run-now", "retry", "reschedule", "remove", "cancel"]
    ids: Ids
    reason: Text | None = None
    remove: bool = False
    dry_run: bool = False


class BulkFilter(Body, frozen=True, kw_only=True):
    task: Name | None = None
    queue: Name | None = None
    state: CancelState | None = None
    error_like: Text | None = None
    changed_before: Instant | None = None
    changed_since: Instant | None = None
    ids: Ids | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments as the client takes them."""
        given = structs.asdict(self)
        given["job_ids"] = given.pop("ids")
        return given


class Bulk(Changes, frozen=True, kw_only=True):
    action: Literal["retry", "fail", "complete", "remove", "reschedule", "cancel"]
    filter: BulkFilter
    dry_run: bool = False
    after_id: Id = 0
    max_jobs: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    reason: Text | None = None
    remove: bool = False


class Key(Body, frozen=True, kw_only=True):
    job_key: Name | None = None
    key: Name | None = None
    dry_run: bool = False


def routes(context: Context) -> list[Route]:
    actions = Actions(context)
    return [
        context.reads("/default-states", Query, actions.default_states, fresh=_DEFAULT_STATES_FRESH),
        context.writes("/jobs/action", Action, actions.selected),
        context.writes("/jobs/bulk", Bulk, actions.by_filter),
        context.writes("/jobs/remove-by-key", Key, actions.by_key),
    ]


class Actions:
    def __init__(self, context: Context) -> None:
        self._ask = context.database.ask

    async def default_states(self, _query: Query, _request: Request) -> dict[str, Any]:
        return {"default_states": await self._ask(AsyncClient.list_default_states)}

    async def selected(self, body: Action) -> dict[str, Any]:
        """Changes the jobs with these ids that are not running; "run-now" and "fail" only waiting, "cancel" all."""
        _check_changes(body)
        if body.action != "reschedule" and not body.is_empty:
            raise bad_request(f"{body.action} takes no run_at, priority, attempts or max_attempts")
        if body.action == "cancel":
            return await self._cancel(body)
        outcome: dict[str, Any] = {"action": body.action, "dry_run": body.dry_run, "ids": None, "skipped": None}
        chosen = {"job_ids": body.ids, "max_jobs": MAX_IDS}
        if body.action in ("run-now", "fail"):
            failed = await self._matching("remove", True, {**chosen, "state": "failed"})
            outcome["failed_already"] = failed.changed
        elif body.action != "remove":
            ids = sorted(row.id for row in await self._change(body))
            return {**outcome, "changed": len(ids), "ids": ids, "skipped": sorted(set(body.ids) - set(ids))}
        chosen |= {"state": _CHOSEN_STATE.get(body.action), **_new_values(body)}
        changed = await self._matching(body.action, body.dry_run, chosen)
        return {**outcome, "changed": changed.changed}

    async def _change(self, body: Action) -> list[JobRow]:
        async def change(client: AsyncClient) -> list[JobRow]:
            match body.action:
                case "complete":
                    return await client.complete_jobs(body.ids, dry_run=body.dry_run)
                case "retry":
                    return await client.retry_jobs(body.ids, dry_run=body.dry_run)
                case _:
                    return await client.reschedule_jobs(body.ids, dry_run=body.dry_run, **body.values)  # type: ignore[arg-type]

        return await self._ask(change, _SECONDS)

    async def _cancel(self, body: Action) -> dict[str, Any]:
        """Cancels jobs; `asked` says how many run, and `unheard` of how many the worker may not hear of it."""
        jobs = await self._ask(
            lambda client: client.cancel_jobs(body.ids, body.reason or None, remove=body.remove, dry_run=body.dry_run),
            _SECONDS,
        )
        asked = [job.worker_id for job in jobs if job.outcome == "asked"]
        heard = await hearing(self._ask) if asked else set()
        ids = [job.id for job in jobs if job.outcome != "gone"]
        return {
            "action": body.action,
            "dry_run": body.dry_run,
            "changed": len(ids),
            "ids": ids,
            "skipped": [job.id for job in jobs if job.outcome == "gone"],
            "asked": len(asked),
            "unheard": sum(worker_id not in heard for worker_id in asked),
        }

    async def by_filter(self, body: Bulk) -> dict[str, Any]:
        """Changes one chunk of the jobs that meet the filter, in a transaction of its own."""
        _check_changes(body)
        chosen = body.filter
        if chosen.state is None:
            usual = (await self._ask(AsyncClient.list_default_states))[body.action]
            # Without any filter only an action that is not about all jobs may go on.
            chosen = structs.replace(chosen, state=None if usual == "all" else usual)
        options = {**chosen.arguments, **_new_values(body), "after_id": body.after_id, "max_jobs": body.max_jobs}
        result = await self._matching(body.action, body.dry_run, options)
        return {
            "action": body.action,
            "dry_run": body.dry_run,
            "filter": chosen,
            "changed": result.changed,
            "looked_at": result.looked_at,
            "last_id": result.last_id,
            "more": result.more,
        }

    async def by_key(self, body: Key) -> dict[str, Any]:
        """Removes the job with this key; a running job goes on, and is not tried again."""
        key = either(job_key=body.job_key, key=body.key)
        if key is None:
            raise bad_request("job_key is missing")
        job = await self._ask(lambda client: client.find_job(key))
        removed = None
        if job and not body.dry_run:
            removed = await self._ask(lambda client: client.remove_job(key))
        return {
            "dry_run": body.dry_run,
            "job": job and in_full(job),
            # Left with its key taken away, it runs.
            "removed": removed is not None and removed.key is not None,
        }

    async def _matching(self, action: str, dry_run: bool, options: dict[str, Any]) -> BulkResult:
        return await self._ask(lambda client: _MATCHING[action](client, **options, dry_run=dry_run), _SECONDS)


def _check_changes(body: Action | Bulk) -> None:
    if body.action == "reschedule" and body.is_empty and not body.dry_run:
        raise bad_request("nothing to change: give run_at, priority, attempts or max_attempts")
    if body.remove and body.action != "cancel":
        raise bad_request(f"{body.action} takes no remove", "It is for cancel; remove is an action of its own")


def _new_values(body: Action | Bulk) -> dict[str, Any]:
    """Returns what an action writes into jobs, as the client takes it."""
    match body.action:
        case "run-now":
            # By the clock of the database: due at once.
            return {"run_at": "now"}
        case "fail":
            return {"error_message": body.reason or None}
        case "cancel":
            return {"reason": body.reason or None, "remove": body.remove}
        case "reschedule":
            return body.values
    return {}
