"""Which parameter gets what, and what is refused at registration."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from unittest.mock import Mock

import pytest

from graphile_worker import InvalidArgument, Job, JobContext, TaskRegistry, ThreadContext
from graphile_worker.testing import make_context, run_task

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTheTypeChecker


@dataclass
class Mail:
    to: str = "nobody"


class HasJob(Protocol):
    job: Job


ABSENT, GIVEN = {}, {"to": "ada"}
CONTEXT = object()
"""Stands for the context in what is expected."""


async def default_none(payload: Mail | None = None) -> Any:
    return (payload,)


async def default_dict(payload: dict[str, Any] = {"a": 1}) -> Any:  # noqa: B006
    return (payload,)


async def default_and_context(payload: Mail | None = None, context: JobContext | None = None) -> Any:
    return payload, context


async def optional_context(payload: Mail, context: JobContext | None = None) -> Any:
    return payload, context


async def only_context(context: JobContext | None = None) -> Any:
    return (context,)


async def annotated_context(payload: Any, context: Annotated[JobContext, "x"]) -> Any:
    return payload, context


def thread_context(payload: Any, context: ThreadContext) -> Any:
    return payload, context


async def any_context(payload: Any, context: Any) -> Any:
    return payload, context


async def protocol_context(payload: Any, context: HasJob) -> Any:
    return payload, context


async def bare(payload, context):  # type: ignore[no-untyped-def]
    return payload, context


async def keeps_defaults(payload: Any, retries: int = 3, *, mailer: str = "smtp") -> Any:
    return payload, retries, mailer


async def context_and_defaults(payload: Any, context: JobContext, retries: int = 3) -> Any:
    return payload, context, retries


async def unknown_default(payload: Mail, *, number: OnlyForTheTypeChecker | None = None) -> Any:
    return (payload,)


async def unknown_return(payload: Mail) -> OnlyForTheTypeChecker:  # What it returns is nobody's business.
    return (payload,)  # type: ignore[return-value]


async def nothing() -> Any:
    return ()


class Mailer:
    async def method(self, payload: Mail, context: JobContext) -> Any:
        return payload, context

    @classmethod
    async def of_class(cls, payload: Mail) -> Any:
        return (payload,)

    @staticmethod
    async def static(payload: Mail) -> Any:
        return (payload,)


SERVED: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]] = [
    # handler, what it gets of {"to": "ada"}, what it gets when the payload is absent
    (default_none, (Mail("ada"),), (None,)),
    (default_dict, (GIVEN,), ({"a": 1},)),
    (default_and_context, (Mail("ada"), CONTEXT), (None, CONTEXT)),
    (optional_context, (Mail("ada"), CONTEXT), (Mail(), CONTEXT)),
    (only_context, (CONTEXT,), (CONTEXT,)),
    (annotated_context, (GIVEN, CONTEXT), (ABSENT, CONTEXT)),
    (thread_context, (GIVEN, CONTEXT), (ABSENT, CONTEXT)),
    (any_context, (GIVEN, CONTEXT), (ABSENT, CONTEXT)),
    (protocol_context, (GIVEN, CONTEXT), (ABSENT, CONTEXT)),
    (bare, (GIVEN, CONTEXT), (ABSENT, CONTEXT)),
    (keeps_defaults, (GIVEN, 3, "smtp"), (ABSENT, 3, "smtp")),
    (context_and_defaults, (GIVEN, CONTEXT, 3), (ABSENT, CONTEXT, 3)),
    (unknown_return, (Mail("ada"),), (Mail(),)),
    (unknown_default, (Mail("ada"),), (Mail(),)),
    (nothing, (), ()),
    (Mailer().method, (Mail("ada"), CONTEXT), (Mail(), CONTEXT)),
    (Mailer.of_class, (Mail("ada"),), (Mail(),)),
    (Mailer.static, (Mail("ada"),), (Mail(),)),
    (functools.partial(keeps_defaults, mailer="x"), (GIVEN, 3, "x"), (ABSENT, 3, "x")),
    (functools.partial(default_none), (Mail("ada"),), (None,)),
]


@pytest.mark.parametrize(("handler", "given", "absent"), SERVED)
@pytest.mark.parametrize("is_given", [True, False])
async def test_which_parameter_gets_what(
    handler: Any, given: tuple[Any, ...], absent: tuple[Any, ...], is_given: bool
) -> None:
    task = TaskRegistry().add(handler, "t")
    context = make_context("t", GIVEN if is_given else None)
    got = await run_task(task, None, context)
    assert tuple(CONTEXT if isinstance(value, JobContext) else value for value in got) == (
        given if is_given else absent
    )


async def stars(*args: Any) -> None: ...


async def context_stars(context: JobContext, **payload: Any) -> None: ...


async def fields(**payload: Any) -> None: ...


async def keyword_only(*, payload: Any) -> None: ...


async def keyword_context(payload: Any, *, context: JobContext | None = None) -> None: ...


async def subject(to: dict[str, Any], subject: str) -> None: ...


async def three(payload: Any, context: JobContext, subject: str) -> None: ...


async def context_first(context: JobContext, payload: Mail) -> None: ...


async def context_third(payload: Any, retries: int = 3, context: JobContext | None = None) -> None: ...


async def perhaps_context(payload, ctx=None) -> None: ...  # type: ignore[no-untyped-def]


async def unknown_payload(payload: OnlyForTheTypeChecker) -> None: ...


def generator(payload: Any) -> Iterator[None]:
    yield


async def async_generator(payload: Any) -> AsyncIterator[None]:
    yield


class CalledGenerator:
    def __call__(self, payload: Any) -> Iterator[None]:
        yield


def undecorated(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def bare_context(context, payload): ...  # type: ignore[no-untyped-def]


REFUSED: list[tuple[Any, str]] = [
    (stars, r"the parameter \*args of task 't' would get nothing"),
    (context_stars, r"the parameter \*\*payload of task 't'"),
    (fields, r"the parameter \*\*payload of task 't'"),
    (undecorated(keyword_only), r"\*args.*functools\.wraps"),
    (Mock(), r"the parameter \*args"),
    (keyword_only, "the parameter 'payload' of task 't' is keyword-only"),
    (keyword_context, "the parameter 'context' of task 't' is keyword-only"),
    (subject, r"the parameter 'subject' of task 't' is a str, and the second one gets the JobContext"),
    (three, "takes 3 arguments, and there is nothing for the parameter 'subject'.*context: JobContext"),
    (context_first, "nothing for the parameter 'payload'"),
    (bare_context, "the parameter 'context' of task 't' would get the payload. Annotate it: as JobContext"),
    (context_third, "the parameter 'context' of task 't' is a JobContext, which comes second"),
    (perhaps_context, "the parameter 'ctx' of task 't' may be meant for the context"),
    (unknown_payload, "the annotation of the parameter 'payload' of task 't' can't be resolved"),
    (generator, "is a generator"),
    (async_generator, "is a generator"),
    (functools.partial(generator), "is a generator"),
    (CalledGenerator(), "is a generator"),
    (CalledGenerator, "is a class"),
    (Mailer, "is a class"),
    (Mailer.method, "a method that belongs to no object: its parameter 'self'"),
    (Mailer.__dict__["of_class"], "is a classmethod, which can't be called"),
    (7, "is an int, which can't be called"),
    (max, "has no signature that can be read"),
]


@pytest.mark.parametrize(("handler", "error"), REFUSED)
def test_what_can_not_be_served_is_refused(handler: Any, error: str) -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match=error):
        tasks.add(handler, "t")
    assert list(tasks) == []
