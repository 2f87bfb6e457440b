"""Types that are put together at random, and values of them: what is accepted makes the round trip."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Optional

import msgspec
import pydantic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from graphile_worker import InvalidArgument, PayloadError, Task, TaskRegistry
from graphile_worker._basis.round_trip import hides_secrets
from graphile_worker.testing import RecordingClient, run_task


class Item(BaseModel):
    name: str
    size: int = Field(default=1, alias="itemSize", gt=0)


@dataclasses.dataclass
class Mail:
    to: str
    copies: list[str] = dataclasses.field(default_factory=list)


class Renamed(msgspec.Struct, rename="camel"):
    some_name: int
    at: datetime.datetime | None = None


class Computed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return 2 * self.a


class Hidden(BaseModel):
    inner: dict[str, list[SecretStr]]


class Colour(enum.Enum):
    RED = "red"


class Foreign:
    pass


def task_of(declared: Any) -> Task[Any]:
    async def handler(payload: Any) -> Any:
        return payload

    handler.__annotations__ = {"payload": declared}
    return TaskRegistry().add(handler, "t")


async def arrived(task: Task[Any], value: Any) -> Any:
    """What the handler gets of what `Task.add` was given."""
    client = RecordingClient()
    await task.add(value, client=client)
    return await run_task(task, msgspec.Raw(msgspec.json.encode(client.jobs[0].payload)))


# A type, and a strategy for values of it.
_Typed = tuple[Any, st.SearchStrategy[Any]]
_instants = st.datetimes(timezones=st.just(datetime.UTC))
_leaves: list[_Typed] = [
    (int, st.integers(-(2**70), 2**70)),
    (str, st.text(st.characters(exclude_categories=["Cs"]))),
    (float, st.floats()),
    (bool, st.booleans()),
    (bytes, st.binary()),
    (datetime.datetime, _instants),
    (datetime.date, st.dates()),
    (datetime.timedelta, st.timedeltas(datetime.timedelta(-10000), datetime.timedelta(10000))),
    (uuid.UUID, st.uuids()),
    (decimal.Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    (Colour, st.sampled_from(Colour)),
    (Item, st.builds(Item, name=st.text("ab"), itemSize=st.integers(1, 9))),
    (Mail, st.builds(Mail, st.text("ab"), st.lists(st.text("ab"), max_size=2))),
    (Renamed, st.builds(Renamed, st.integers(0, 9), st.none() | _instants)),
    (Annotated[int, msgspec.Meta(ge=0)], st.integers(0, 9)),
    (Annotated[int, Field(ge=0)], st.integers(0, 9)),
    (Foreign, st.just(Foreign())),
    (Computed, st.builds(Computed, a=st.integers(0, 9))),
    (SecretStr, st.just(SecretStr("x"))),
]


def _wrap(inner: st.SearchStrategy[_Typed]) -> st.SearchStrategy[_Typed]:
    return st.one_of(
        inner.map(lambda t: (list[t[0]], st.lists(t[1], max_size=3))),
        inner.map(lambda t: (tuple[t[0], ...], st.lists(t[1], max_size=3).map(tuple))),
        inner.map(lambda t: (Optional[t[0]], st.none() | t[1])),  # noqa: UP045
        inner.map(lambda t: (dict[str, t[0]], st.dictionaries(st.text("ab"), t[1], max_size=3))),
        inner.map(lambda t: (dict[int, t[0]], st.dictionaries(st.integers(0, 9), t[1], max_size=3))),
        st.tuples(inner, inner).map(lambda ts: (tuple[ts[0][0], ts[1][0]], st.tuples(ts[0][1], ts[1][1]))),
        inner.map(_dataclass_of),
        inner.map(_struct_of),
    )


def _dataclass_of(typed: _Typed) -> _Typed:
    made = dataclasses.make_dataclass("Made", [("inner", typed[0])])
    return made, typed[1].map(made)


def _struct_of(typed: _Typed) -> _Typed:
    made = msgspec.defstruct("MadeStruct", [("inner", typed[0])])
    return made, typed[1].map(made)


_types = st.recursive(st.sampled_from(_leaves), _wrap, max_leaves=3)


@given(st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_any_value_of_any_type_arrives_as_it_was_added_or_is_refused(data: st.DataObject) -> None:
    declared, values = data.draw(_types)
    try:
        task = task_of(declared)
    except InvalidArgument:
        return
    value = data.draw(values)
    try:
        found = await arrived(task, value)
    except PayloadError as error:
        refusal = str(error)
    else:
        assert found == value
        return
    # Of types that registration accepts only single values have no form: NaN, bytes that pydantic takes for UTF-8.
    assert "JSON has no number" in refusal or "utf-8" in refusal


def test_a_model_with_a_secret_hides_it() -> None:
    assert hides_secrets(Hidden)
    assert not hides_secrets(Item)
    assert not hides_secrets(int)
