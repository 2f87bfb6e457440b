"""Jobs: lists of them, a single one, adding one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._basis.json_layout import laid_out
from ..._calls.operator_rows import JobDetails, JobSummary, LockedWorker
from ..._calls.rows import JobKeyMode
from ..._client.async_client import AsyncClient
from .._json import LONGEST_DOCUMENT, LONGEST_TEXT, document, plain
from .._problems import Problem, bad_request
from .context import Context
from .params import Body, Id, Instant, MaxAttempts, Name, Page, Query, Rows, Search, Smallint, either

_FRESH = 1.0
_ERROR_IN_LIST = 300


class Filter(Page, frozen=True, kw_only=True):
    state: Literal["all", "ready", "scheduled", "waiting", "locked", "failed"] = "all"
    task: Name | None = None
    identifier: Name | None = None
    queue: Name | None = None
    search: Search | None = None
    offset: Annotated[int, Meta(ge=0, le=10_000)] = 0
    before_id: Id | None = None
    after_id: Id | None = None
    max_rows: Rows = 25_000


class NewJob(Body, frozen=True, kw_only=True):
    identifier: Name
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    payload_text: str | None = None
    queue_name: str | None = None
    queue: str | None = None
    run_at: Instant | None = None
    max_attempts: MaxAttempts | None = None
    job_key: str | None = None
    key: str | None = None
    priority: Smallint | None = None
    flags: Annotated[list[str], Meta(max_length=100)] | None = None
    job_key_mode: JobKeyMode | Literal["preserve-run-at", "unsafe-dedupe"] = "replace"


def routes(context: Context) -> list[Route]:
    jobs = Jobs(context)
    return [
        context.reads("/jobs", Filter, jobs.list, fresh=_FRESH),
        context.reads("/jobs/{id}", Query, jobs.show),
        context.reads("/jobs/{id}/payload", Query, jobs.payload),
        context.reads("/jobs/{id}/error", Query, jobs.error),
        context.writes("/jobs", NewJob, jobs.add, status=201),
    ]


class Jobs:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def list(self, query: Filter, _request: Request) -> dict[str, Any]:
        if query.before_id is not None and query.after_id is not None:
            raise bad_request("before_id and after_id exclude each other")
        options = structs.asdict(query)
        options["task"] = either(task=query.task, identifier=options.pop("identifier"))
        page = await self._context.database.ask(lambda client: client.list_jobs_page(**options))
        return {
            "jobs": [in_list(job) for job in page.jobs],
            "looked_at": page.looked_at,
            "complete": page.complete,
            "next_id": page.next_id,
            "limit": query.limit,
        }

    async def show(self, _query: Query, request: Request) -> dict[str, Any]:
        job = await self._job(request)
        shown = in_full(job)
        if job.is_cancelled and job.locked_by is not None:
            shown["worker_hears"] = job.locked_by in await hearing(self._context.database.ask)
        return {"job": shown, "now": self._context.sampler.now()}

    async def payload(self, _query: Query, request: Request) -> Response:
        job = await self._job(request)
        return _download(bytes(document(job.payload)), f"job-{job.id}.json", "application/json")

    async def error(self, _query: Query, request: Request) -> Response:
        job = await self._job(request)
        text = (job.last_error or "").encode(errors="replace")
        return _download(text, f"job-{job.id}-error.txt", "text/plain; charset=utf-8")

    async def _job(self, request: Request) -> JobDetails:
        job_id = _job_id(request.path_params["id"])
        job = await self._context.database.ask(lambda client: client.show_job(job_id))
        if job is None:
            raise Problem(404, "not_found", f"there is no job {job_id}", "It may be done, or removed")
        return job

    async def add(self, body: NewJob) -> dict[str, Any]:
        database = self._context.database
        payload = _checked(body.payload_text) if body.payload_text is not None else body.payload
        queue = either(queue_name=body.queue_name or None, queue=body.queue or None)
        key = either(job_key=body.job_key or None, key=body.key or None)
        mode = cast(JobKeyMode, body.job_key_mode.replace("-", "_"))
        if mode != "replace" and key is None:
            raise bad_request(f"job_key_mode {body.job_key_mode} needs a job_key")
        added = await database.ask(
            lambda client: client.add_job(
                body.identifier,
                payload,
                queue_name=queue,
                run_at=body.run_at,
                max_attempts=body.max_attempts,
                job_key=key,
                priority=body.priority,
                flags=body.flags,
                job_key_mode=mode,
            )
        )
        # None: it is done already.
        job = await database.ask(lambda client: client.show_job(added.id))
        return {"id": added.id, "job": job and in_full(job), "updated": added.revision > 0}


async def hearing(ask: Callable[[Callable[[AsyncClient], Awaitable[list[LockedWorker]]]], Awaitable[Any]]) -> set[str]:
    """Returns who hears that a job was cancelled, of those who hold jobs: workers that send heartbeats."""
    workers: list[LockedWorker] = await ask(AsyncClient.list_locked_workers)
    return {worker.worker_id for worker in workers if worker.last_heartbeat_at is not None}


def in_list(job: JobSummary) -> dict[str, Any]:
    """Returns a job as a row of a list; of its error only the beginning."""
    shown = _job(job)
    error = shown["last_error"]
    shown["error_line"] = error and telling_line(error)
    shown["last_error_cut"] = error is not None and len(error) > _ERROR_IN_LIST
    if shown["last_error_cut"]:
        shown["last_error"] = error[:_ERROR_IN_LIST]
    return shown


def telling_line(error: str) -> str:
    """Picks the line of an error that says most: the first, or of a Python traceback the exception at its end.

    Of a very long error only its beginning and end are read.

    >>> telling_line("Traceback (most recent call last):\\n  File a.py, line 1\\nValueError: no\\n")
    'ValueError: no'
    """
    if len(error) > 2 * LONGEST_TEXT:
        error = error[:LONGEST_TEXT] + error[-LONGEST_TEXT:]
    lines = [line for line in error.splitlines() if line.strip()] or [""]
    line = lines[0]
    if line.startswith("Traceback (most recent call last)"):
        line = next((one for one in reversed(lines) if not one[0].isspace()), line)
    return line.strip()[:_ERROR_IN_LIST]


def in_full(job: JobDetails) -> dict[str, Any]:
    """Puts all about a job; the payload also as text, as a browser's numbers have fewer digits than JSON's.

    Of a payload that is very long there is only the beginning of its text, and an error is cut: all of them have
    addresses of their own, /jobs/{id}/payload and /jobs/{id}/error.
    """
    payload = bytes(document(job.payload))
    shown = _job(job)
    error = shown["last_error"] or ""
    cut = len(payload) > LONGEST_DOCUMENT
    return {
        **shown,
        "last_error": shown["last_error"] and error[:LONGEST_TEXT],
        "error_line": error and telling_line(error),
        "last_error_cut": len(error) > LONGEST_TEXT,
        "payload": None if cut else shown["payload"],
        "payload_cut": cut,
        "payload_text": (payload[:LONGEST_DOCUMENT] if cut else laid_out(payload)).decode(errors="ignore"),
        "payload_bytes": len(payload),
    }


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return Response(content, headers=headers, media_type=media_type)


def _job(job: JobSummary) -> dict[str, Any]:
    shown = plain(job)
    shown["state"] = shown.pop("job_state")
    return shown


def _job_id(text: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or int(text) >= 2**63:
        raise Problem(404, "not_found", "there is no such job", "An id is a number")
    return int(text)


def _checked(text: str) -> msgspec.Raw:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise bad_request(f"the payload is not JSON: {error}") from None
    return msgspec.Raw(text.encode())
