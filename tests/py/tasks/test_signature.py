"""What a handler takes, by its signature and annotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from graphile_worker import InvalidArgument, JobContext
from graphile_worker._tasks.signature import Signature


@dataclass
class Mail:
    to: str


def nothing() -> None: ...
def plain(payload) -> None: ...  # type: ignore[no-untyped-def]
def typed(payload: Mail) -> None: ...
def both(payload: Mail, context: JobContext) -> None: ...
def both_without_types(payload, something) -> None: ...  # type: ignore[no-untyped-def]
def only_context(context: JobContext) -> None: ...
def with_defaults(payload: Mail, retries: int = 3, *, loud: bool = False) -> None: ...
def more(payload: Mail, *rest: Any, **options: Any) -> None: ...
def positional(payload: Mail, /) -> None: ...


class Handler:
    async def method(self, payload: Mail, context: JobContext) -> None: ...


@pytest.mark.parametrize(
    ("handler", "signature"),
    [
        (nothing, (False, False, Any)),
        (plain, (True, False, Any)),
        (typed, (True, False, Mail)),
        (both, (True, True, Mail)),
        (both_without_types, (True, True, Any)),
        (only_context, (False, True, Any)),
        (with_defaults, (True, False, Mail)),
        (more, (True, False, Mail)),
        (positional, (True, False, Mail)),
        (Handler().method, (True, True, Mail)),
    ],
)
def test_what_it_takes(handler: Callable[..., Any], signature: tuple[bool, bool, Any]) -> None:
    assert Signature.of(handler, "t")[:3] == signature


def test_more_than_payload_and_context() -> None:
    with pytest.raises(InvalidArgument, match="task 't' takes 3 arguments"):
        Signature.of(lambda a, b, c: None, "t")


def test_annotations_that_are_not_there_at_run_time() -> None:
    def handler(payload: OnlyForTheTypeChecker) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(InvalidArgument, match=r"task 't' can't be resolved.*OnlyForTheTypeChecker"):
        Signature.of(handler, "t")
