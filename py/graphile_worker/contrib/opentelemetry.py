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
    `span_id` (hexadecimal) and `flags`. Where a job runs, a span of a trace of its own, `run IDENTIFIER`, lasts as long
    as the handler, is linked to the span that added the job, and records what the handler raised. It is the current
    span while the handler runs, so that the spans of other libraries become its children.

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
        if not isinstance(payload, dict):
            return None
        return Proceed(
            payload
            | {
                _KEY: {
                    "trace_id": trace.format_trace_id(span_context.trace_id),
                    "span_id": trace.format_span_id(span_context.span_id),
                    "flags": int(span_context.trace_flags),
                }
            }
        )

    def _start(self, event: JobStart) -> None:
        job = event.job
        origin = _origin(job)
        span = self._tracer.start_span(
            f"run {job.task_identifier}",
            # Not a child of whatever is current here, an earlier job of the same runner for one.
            context=otel_context.Context(),
            kind=SpanKind.CONSUMER,
            links=[Link(origin)] if origin else [],
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


def _origin(job: Job) -> SpanContext | None:
    """Returns the span that added the job; None unless the payload, in which anything may stand, names one."""
    # Cheaper than decoding every payload.
    if _KEY.encode() not in job.payload_json:
        return None
    try:
        payload: Any = decode(job.payload_json)
        found = payload[_KEY]
        span_context = SpanContext(
            int(found["trace_id"], 16),
            int(found["span_id"], 16),
            is_remote=True,
            # A byte of them: exporters refuse everything they were to send together with more.
            trace_flags=TraceFlags(int(found["flags"]) & 0xFF),
        )
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return None
    return span_context if span_context.is_valid else None
