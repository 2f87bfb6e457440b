"""Traces of jobs: what adds a job and what runs it are linked.

Needs the extra: `pip install 'graphile-worker[opentelemetry]'`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode, TraceFlags

from .._basis.errors import PayloadError
from .._basis.json_text import decode, encode
from .._basis.version import __version__
from .._calls.job import Job
from .._hooks.events import (
    AfterJobRun,
    BeforeJobSchedule,
    JobCancel,
    JobComplete,
    JobEvent,
    JobFail,
    JobInterrupted,
    JobStart,
    Proceed,
)
from .._hooks.hooks import Hooks

__all__ = ["OpenTelemetry"]

_KEY = "_trace"


class OpenTelemetry:
    """A plugin for workers and clients that traces jobs.

    Where a job is added inside a span, its payload, if that is an object, gets a member `_trace` with `trace_id`,
    `span_id` (hexadecimal) and `flags`; in an array, that of a batch, each object does. Where a job runs, a span of a
    trace of its own, `run IDENTIFIER`, lasts as long as the handler, is linked to the span that added the job, a batch
    to all that added items of it, and records what the handler raised. It is the current span while the handler runs,
    so that the spans of other libraries become its children.

    `exclude`: tasks whose payloads are left as they are, say since their type refuses a member that it does not know.
    `tracer_provider`: the global one by default.

    >>> telemetry = OpenTelemetry()
    >>> client = Client(url, hooks=Hooks([telemetry]))  # doctest: +SKIP
    >>> worker = Worker(url, tasks, plugins=[telemetry])  # doctest: +SKIP
    """

    def __init__(self, *, exclude: Collection[str] = (), tracer_provider: trace.TracerProvider | None = None) -> None:
        self._exclude = frozenset(exclude)
        self._tracer = trace.get_tracer("graphile_worker", __version__, tracer_provider)
        self._spans: dict[tuple[str, int], Span] = {}

    def register(self, hooks: Hooks) -> None:
        hooks.on(BeforeJobSchedule)(self._inject)
        hooks.on(JobStart)(self._start)
        hooks.on(AfterJobRun)(self._after)
        # An interceptor that answers before this one leaves it without AfterJobRun.
        for event in (JobComplete, JobFail, JobCancel, JobInterrupted):
            hooks.on(event)(self._finish)

    def _inject(self, event: BeforeJobSchedule) -> Proceed | None:
        span_context = trace.get_current_span().get_span_context()
        if not span_context.is_valid or event.identifier in self._exclude:
            return None
        try:
            payload = decode((encode(event.payload) or "{}").encode())
        except PayloadError:
            return None  # Adding the job will say so.
        told = {
            _KEY: {
                "trace_id": trace.format_trace_id(span_context.trace_id),
                "span_id": trace.format_span_id(span_context.span_id),
                "flags": int(span_context.trace_flags),
            }
        }
        if isinstance(payload, dict):
            return Proceed(payload | told)
        if isinstance(payload, list) and any(isinstance(item, dict) for item in payload):
            return Proceed([item | told if isinstance(item, dict) else item for item in payload])
        return None

    def _start(self, event: JobStart) -> None:
        job = event.job
        span = self._tracer.start_span(
            f"run {job.task_identifier}",
            # Not a child of whatever is current here, an earlier job of the same runner for one.
            context=otel_context.Context(),
            kind=SpanKind.CONSUMER,
            links=[Link(origin) for origin in _origins(job)],
            attributes=_attributes(job, event.worker_id),
        )
        self._spans[event.worker_id, job.id] = span
        # The runner's own context, which the handler inherits; the next job replaces it.
        otel_context.attach(trace.set_span_in_context(span))

    def _after(self, event: AfterJobRun) -> None:
        span = self._spans.get((event.worker_id, event.job.id))
        if span is not None and event.error is not None:
            if event.exception is not None:
                span.record_exception(event.exception)
            span.set_status(StatusCode.ERROR, event.error.partition("\n")[0])
        self._finish(event)

    def _finish(self, event: JobEvent) -> None:
        if isinstance(event, JobInterrupted) and event.dead_worker_id is not None:
            return  # It ran elsewhere, and may run here by now.
        span = self._spans.pop((event.worker_id, event.job.id), None)
        if span is None:
            return
        if isinstance(event, JobFail):
            span.set_status(StatusCode.ERROR, event.error.partition("\n")[0])
        elif isinstance(event, JobInterrupted):
            span.set_status(StatusCode.ERROR, f"interrupted: {event.reason}")
        elif isinstance(event, JobCancel):
            span.set_status(StatusCode.ERROR, "cancelled" if event.reason is None else f"cancelled: {event.reason}")
        span.end()


def _attributes(job: Job, worker_id: str) -> dict[str, str | int]:
    # The names of OpenTelemetry's conventions for messaging, then our own.
    attributes: dict[str, str | int] = {
        "messaging.system": "graphile_worker",
        "messaging.operation.type": "process",
        "messaging.operation.name": "run",
        "messaging.destination.name": job.task_identifier,
        "messaging.message.id": str(job.id),
        "messaging.client.id": worker_id,
        "graphile_worker.job.attempts": job.attempts,
        "graphile_worker.job.max_attempts": job.max_attempts,
        "graphile_worker.job.priority": job.priority,
    }
    if job.queue_name is not None:
        attributes["graphile_worker.job.queue_name"] = job.queue_name
    if job.key is not None:
        attributes["graphile_worker.job.key"] = job.key
    return attributes


def _origins(job: Job) -> list[SpanContext]:
    """Returns the spans that added the job, or items of its batch, as far as the payload, in which anything may stand,
    names any.
    """
    # Cheaper than decoding every payload.
    if _KEY.encode() not in job.payload_json:
        return []
    try:
        payload: Any = decode(job.payload_json)
    except (ValueError, RecursionError):
        return []
    items = payload if isinstance(payload, list) else [payload]
    found = [_origin(item[_KEY]) for item in items if isinstance(item, dict) and _KEY in item]
    # Items that were added together name the same one.
    origins = {(origin.trace_id, origin.span_id): origin for origin in found if origin and origin.is_valid}
    return list(origins.values())


def _origin(told: Any) -> SpanContext | None:
    try:
        return SpanContext(
            int(told["trace_id"], 16),
            int(told["span_id"], 16),
            is_remote=True,
            # A byte of them: exporters refuse everything they were to send together with more.
            trace_flags=TraceFlags(int(told["flags"]) & 0xFF),
        )
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return None
