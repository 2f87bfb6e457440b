"""Changes to jobs: selected ones, all that meet a filter, the one with a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from msgspec import Meta, structs
from starlette.routing import Route

from ..._calls.operator_rows import BulkResult
from ..._calls.rows import JobRow
from ..._client.async_client import AsyncClient
from .._problems import bad_request
from .context import Context
from .jobs import in_full
from .params import MAX_IDS, Body, Changes, Id, Ids, Instant, Name, Text

_SECONDS = 60.0
# A job that has failed has nothing to gain from either: it stays failed, and an error written over is lost.
_OF_WAITING = frozenset({"run-now", "fail"})
_NOTHING_TO_CHANGE = "nothing to change: give run_at, priority, attempts or max_attempts"


class Action(Changes, frozen=True, kw_only=True):
    action: Literal["complete", "fail", "run-now", "retry", "reschedule", "remove"]
    ids: Ids
    reason: Text | None = None
    dry_run: bool = False


class BulkFilter(Body, frozen=True, kw_only=True):
    task: Name | None = None
    queue: Name | None = None
    state: Literal["ready", "scheduled", "waiting", "failed", "all"] | None = None
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
    action: Literal["retry", "fail", "remove", "reschedule"]
    filter: BulkFilter
    dry_run: bool = False
    after_id: Id = 0
    max_jobs: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    reason: Text | None = None


class Key(Body, frozen=True, kw_only=True):
    job_key: Name
    dry_run: bool = False


def routes(context: Context) -> list[Route]:
    actions = Actions(context)
    return [
        context.writes("/jobs/action", Action, actions.selected, dry_run_reads=True),
        context.writes("/jobs/bulk", Bulk, actions.by_filter, dry_run_reads=True),
        context.writes("/jobs/remove-by-key", Key, actions.by_key),
    ]


class Actions:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def selected(self, body: Action) -> dict[str, Any]:
        """Changes the jobs with these ids that are not running; "run-now" and "fail" only waiting ones."""
        if body.action == "reschedule" and body.is_empty:
            raise bad_request(_NOTHING_TO_CHANGE)
        if body.action != "reschedule" and not body.is_empty:
            raise bad_request(f"{body.action} takes no run_at, priority, attempts or max_attempts")
        outcome: dict[str, Any] = {"action": body.action, "dry_run": body.dry_run}
        if body.dry_run or body.action == "remove" or body.action in _OF_WAITING:
            return {**outcome, **await self._by_state(body), "ids": None, "skipped": None}
        rows = await self._change(body)
        ids = sorted(row.id for row in rows)
        return {**outcome, "changed": len(ids), "ids": ids, "skipped": sorted(set(body.ids) - set(ids))}

    async def _by_state(self, body: Action) -> dict[str, Any]:
        options: dict[str, Any] = {"job_ids": body.ids}
        if body.action not in _OF_WAITING:
            return {"changed": await self._chunks(body.action, body.dry_run, {**options, "state": "all"})}
        failed = await self._chunks(body.action, True, {**options, "state": "failed"})
        more: dict[str, Any] = {}
        if body.action == "fail":
            more = {"error_message": body.reason}
        elif not body.dry_run:
            # By the clock of the database: due at once.
            more = {"run_at": "now"}
        options |= {"state": "waiting", **({} if body.dry_run else more)}
        return {"changed": await self._chunks(body.action, body.dry_run, options), "failed_already": failed}

    async def _chunks(self, action: str, dry_run: bool, options: dict[str, Any]) -> int:
        changed, after_id = 0, 0
        while True:
            result = await self._chunk(action, dry_run, {**options, "after_id": after_id, "max_jobs": MAX_IDS})
            changed += result.changed
            if not result.more:
                return changed
            after_id = result.last_id

    async def _change(self, body: Action) -> list[JobRow]:
        async def change(client: AsyncClient) -> list[JobRow]:
            match body.action:
                case "complete":
                    return await client.complete_jobs(body.ids)
                case "retry":
                    return await client.retry_jobs(body.ids)
                case _:
                    return await client.reschedule_jobs(body.ids, **body.values)  # type: ignore[arg-type]

        return await self._context.database.ask(change, _SECONDS)

    async def by_filter(self, body: Bulk) -> dict[str, Any]:
        """Changes one chunk of the jobs that meet the filter, in a transaction of its own."""
        if body.action == "reschedule" and body.is_empty:
            raise bad_request(_NOTHING_TO_CHANGE)
        # A count has to mean what the change then does, so the state is written out.
        usual: Any = {"retry": "failed", "fail": "waiting"}.get(body.action)
        chosen = structs.replace(body.filter, state=body.filter.state or usual)
        options: dict[str, Any] = {**chosen.arguments, "after_id": body.after_id, "max_jobs": body.max_jobs}
        if not body.dry_run:
            if body.action == "reschedule":
                options |= body.values
            if body.action == "fail":
                options["error_message"] = body.reason
        result = await self._chunk(body.action, body.dry_run, options)
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
        database = self._context.database
        # Which it is, is seen by removing it and taking that back.
        async with database.undone() as client:
            found = await client.remove_job(body.job_key)
        job = None
        if found is not None:
            job = await database.ask(lambda client: client.show_job(found.id))
        removed = None
        if job and not body.dry_run:
            removed = await database.ask(lambda client: client.remove_job(body.job_key))
        return {
            "dry_run": body.dry_run,
            "job": job and in_full(job),
            # Left with its key taken away, it runs.
            "removed": removed is not None and removed.key is not None,
        }

    async def _chunk(self, action: str, dry_run: bool, options: dict[str, Any]) -> BulkResult:
        def call(client: AsyncClient) -> Awaitable[BulkResult]:
            calls: dict[str, Callable[..., Awaitable[BulkResult]]] = {
                "retry": client.retry_matching_jobs,
                "fail": client.fail_matching_jobs,
                "complete": client.complete_matching_jobs,
                "remove": client.remove_matching_jobs,
                "reschedule": client.reschedule_matching_jobs,
                "run-now": client.reschedule_matching_jobs,
            }
            return calls[action](**options, dry_run=dry_run)

        return await self._context.database.ask(call, _SECONDS)
