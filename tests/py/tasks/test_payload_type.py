"""Payload types: what a registration accepts makes the round trip, the rest is refused there."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import pathlib
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NewType, Optional

import msgspec
import pydantic
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, SecretBytes, SecretStr
from typing_extensions import TypedDict

from graphile_worker import InvalidArgument, PayloadError, Task, TaskRegistry
from graphile_worker.testing import RecordingClient, run_task


class Item(BaseModel):
    name: str
    size: int = Field(default=1, alias="itemSize", gt=0)


class Other(BaseModel):
    name: str


class Empty(BaseModel):
    x: int = 1


@dataclasses.dataclass
class Order:
    item: Item
    count: int = 1


@dataclasses.dataclass
class Mail:
    to: str
    copies: list[str] = dataclasses.field(default_factory=list)


class Node(BaseModel):
    children: list[Node] = []


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


class Revealed(BaseModel):
    password: SecretStr

    @pydantic.field_serializer("password", when_used="json")
    def reveal(self, value: SecretStr) -> str:
        return value.get_secret_value()


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    a: int = Field(validation_alias="b")


class Chosen(BaseModel):
    a: int = Field(validation_alias=AliasChoices("x", "y"), serialization_alias="y")


class Hidden(BaseModel):
    inner: Mapping[str, SecretStr | None] = {}


class Excluded(BaseModel):
    kept: int
    lost: int = Field(default=0, exclude=True)


class ReadByAlias(BaseModel):
    a: int = Field(validation_alias="b")


class TwoNames(BaseModel):
    a: int = Field(validation_alias="b", serialization_alias="c")


class Part(BaseModel):
    a: int = Field(validation_alias=AliasPath("b", 0))


@pydantic.dataclasses.dataclass
class Checked:
    a: int = Field(gt=3)


@dataclasses.dataclass
class WithExcluded:
    inner: list[Excluded]


class Mixed(msgspec.Struct):
    item: Item


class Weird(enum.Enum):
    PAIR = (1, 2)


class Foreign:
    pass


@dataclasses.dataclass
class Unresolved:
    a: NotThere  # type: ignore[name-defined]  # noqa: F821


UserId = NewType("UserId", int)


def task_of(declared: Any, *, name: str = "t") -> Task[Any]:
    async def handler(payload: Any) -> Any:
        return payload

    handler.__annotations__ = {"payload": declared}
    return TaskRegistry().add(handler, name)


async def arrived(task: Task[Any], value: Any) -> Any:
    """What the handler gets of what `Task.add` was given."""
    client = RecordingClient()
    await task.add(value, client=client)
    return await run_task(task, msgspec.Raw(msgspec.json.encode(client.jobs[0].payload)))


ROUND_TRIPS: list[tuple[Any, Any]] = [
    (Item, Item(name="a", itemSize=3)),
    (list[Item], [Item(name="a", itemSize=3)]),
    (Item | None, Item(name="a", itemSize=3)),
    (Item | None, None),
    (Optional[Mail], None),  # noqa: UP045  # As it is told from the other.
    (Mail | Order, Mail("x")),
    (Mail | None, Mail("x", ["y"])),
    (dict | None, None),
    (dict | None, {}),
    (dict[str, int] | None, None),
    (Empty | None, None),
    (Empty | None, Empty(x=3)),
    (Annotated[int, Field(gt=3)] | None, None),
    (dict[str, Item], {"k": Item(name="a", itemSize=3)}),
    (tuple[Item, ...], (Item(name="a"),)),
    (Order, Order(Item(name="a", itemSize=3), 2)),
    (TypedDict("TD", {"item": Item}), {"item": Item(name="a", itemSize=5)}),
    (Node, Node(children=[Node(), Node(children=[Node()])])),
    (Item | Order, Order(Item(name="a"))),
    (Annotated[int, Field(gt=3)], 4),
    (Annotated[Item, "a note"], Item(name="a")),
    (list[Annotated[int, msgspec.Meta(gt=3)]], [4, 5]),
    (Renamed, Renamed(1, datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC))),
    (Computed, Computed(a=2)),
    (Revealed, Revealed(password=SecretStr("secret"))),
    (ByName, ByName(a=1)),
    (Chosen, Chosen(y=1)),
    (Checked, Checked(a=4)),
    (UserId, 7),
    (pydantic.Json[list[int]], [1, 2]),
    (pydantic.AnyUrl, pydantic.AnyUrl("https://example.com/")),
    (Literal["a", 1], 1),
    (typing.Iterable[int], [1, 2]),
    (list[object], [1, {"a": None}]),
    (object, {"a": 1}),
    (dict, {"a": 1}),
]


@pytest.mark.parametrize(("declared", "value"), ROUND_TRIPS)
async def test_what_is_accepted_makes_the_round_trip(declared: Any, value: Any) -> None:
    found = await arrived(task_of(declared), value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (Foreign, "Foreign has no JSON form.*Annotate it with"),
        (list[Foreign], "Foreign has no JSON form"),
        (pathlib.Path, "Path has no JSON form"),
        (Callable[[], int], "Callable has no JSON form"),
        (complex, "complex has no JSON form"),
        (Weird, "Enums must contain"),
        (Unresolved, "NotThere.*TYPE_CHECKING"),
        (Mixed, "Mixed .*msgspec.*pydantic"),
        (list[Annotated[Item, msgspec.Meta(min_length=3)]], "msgspec.*pydantic"),
        (dict[str, Item | Foreign], "Foreign"),
        (SecretStr, "a secret is written as stars.*field_serializer"),
        (Hidden, "a secret is written as stars"),
        (SecretBytes | None, "a secret is written as stars"),
        (pydantic.Secret[int], "a secret is written as stars"),
        (Excluded, "'lost' is excluded"),
        (WithExcluded, "'lost' is excluded"),
        (ReadByAlias, "'a' is written as 'a' and read as 'b'"),
        (list[TwoNames], "'a' is written as 'c' and read as 'b'"),
        (Part, "'a' is written as 'a' and read as a part"),
    ],
)
def test_what_does_not_is_refused_at_registration(declared: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        task_of(declared, name="the_task")
    assert "the_task" in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "payload"),
    [
        (Annotated[int, Field(gt=3)], 3),
        (list[Annotated[int, Field(gt=3)]], [4, 3]),
        (Annotated[int, msgspec.Meta(gt=3)], 3),
        (list[Annotated[int, msgspec.Meta(gt=3)]], [4, 3]),
        (list[Item], [{"name": "a", "itemSize": 0}]),
        (Item, {"size": 3}),
        (Item, None),
        (Mail, {"to": 1}),
        (Mail, None),
        (dict, [1]),
        (list, {"a": 1}),
        (dict[str, int], {"a": "b"}),
        (Item, Other(name="a")),
        (Other | Empty, Item(name="a")),
    ],
)
async def test_a_payload_that_does_not_fit_is_refused_where_it_is_added_and_where_it_arrives(
    declared: Any, payload: Any
) -> None:
    task, client = task_of(declared), RecordingClient()
    with pytest.raises(PayloadError, match="payload"):
        await task.add(payload, client=client)
    assert client.jobs == []
    if not isinstance(payload, BaseModel):
        with pytest.raises(PayloadError, match="does not fit t"):
            await run_task(task, payload)


async def test_validators_that_raise_whatever_they_like() -> None:
    class Careless(BaseModel):
        a: int

        @pydantic.model_validator(mode="before")
        @classmethod
        def look(cls, data: Any) -> Any:
            return {"a": data["b"]}

    with pytest.raises(PayloadError, match="does not fit t: KeyError: 'b'"):
        await task_of(Careless | None).add({}, client=RecordingClient())
    with pytest.raises(PayloadError, match="does not fit t"):
        await task_of(Mail | None).add({}, client=RecordingClient())


async def test_nothing_is_none_where_the_type_has_it() -> None:
    client = RecordingClient()
    await client.add_job("t")
    empty = msgspec.Raw(msgspec.json.encode(client.jobs[0].payload))
    assert await run_task(task_of(Mail | None), empty) is None
    assert await run_task(task_of(Item | None), empty) is None
    # The empty payload is a value of these, and None is added as null.
    assert await run_task(task_of(dict | None), empty) == {}
    assert await run_task(task_of(Empty | None), empty) == Empty()


async def test_a_model_is_written_by_alias_and_never_with_stars() -> None:
    client = RecordingClient()
    await client.add_job("t", {"items": [Item(name="a", itemSize=3)]})
    await client.add_job("t", Revealed(password=SecretStr("x")))
    assert [job.payload for job in client.jobs] == [{"items": [{"name": "a", "itemSize": 3}]}, {"password": "x"}]
    for payload in (Hidden(inner={"a": None, "b": SecretStr("x")}), [SecretStr("x")], {"a": SecretBytes(b"x")}):
        with pytest.raises(PayloadError, match=r"secret is written as stars|Secret\w+ has no JSON form"):
            await client.add_job("t", payload)


async def test_what_pydantic_would_write_as_null_is_refused() -> None:
    class Score(BaseModel):
        value: float

    for add in (lambda c, p: task_of(Score).add(p, client=c), lambda c, p: c.add_job("t", p)):
        with pytest.raises(PayloadError, match="nan"):
            await add(RecordingClient(), Score(value=float("nan")))
