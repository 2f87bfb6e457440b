"""Words of another queue, where ours are expected: the error says which those are."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import graphile_worker
from graphile_worker import Client, InvalidArgument, Task, TaskRegistry, Unique, Worker, WorkerOptions, testing
from graphile_worker._basis import habits
from graphile_worker._calls.options import AddOptions, SpecOptions
from graphile_worker._cli import habits as cli_habits
from graphile_worker._cli.main import cli
from graphile_worker._tasks.policy import PolicyOptions
from graphile_worker.testing import RecordingClient, make_context


def registered() -> tuple[TaskRegistry, Task[Any]]:
    tasks = TaskRegistry()
    return tasks, tasks.add(lambda payload: None, "sum")


@pytest.mark.parametrize("name", habits.TASK_OPTIONS)
def test_option_of_a_registration(name: str) -> None:
    options: Any = {name: True}
    with pytest.raises(TypeError, match=f"^task 'sum' has no option '{name}'. ") as raised:
        TaskRegistry().task("sum", **options)(lambda payload: None)
    assert str(raised.value).endswith(habits.TASK_OPTIONS[name])


def test_what_is_misspelt_is_compared_with_every_option() -> None:
    options: Any = {"queue_nam": "q", "retri": None}
    expected = "task 'sum' has no options 'queue_nam', 'retri'. Did you mean queue_name? Did you mean retry?"
    with pytest.raises(TypeError) as raised:
        TaskRegistry().task("sum", **options)(lambda payload: None)
    assert str(raised.value) == expected


@pytest.mark.parametrize("name", habits.ADD_OPTIONS)
@pytest.mark.parametrize("method", ["add", "spec"])
def test_option_of_what_adds_a_job(name: str, method: str) -> None:
    tasks, task = registered()
    tasks.use(RecordingClient())
    options: Any = {name: True}
    with pytest.raises(TypeError) as raised:
        getattr(task, method)({}, **options)
    assert str(raised.value) == f"{method} of task 'sum' has no option {name!r}. {habits.ADD_OPTIONS[name]}"


def test_arguments_of_the_handler_are_one_payload() -> None:
    _, task = registered()
    options: Any = {"b": 2, "a": 1}
    with pytest.raises(TypeError, match=re.escape("one payload: spec({'a': ..., 'b': ...})")):
        task.spec(**options)


def test_an_error_that_is_no_option_stays() -> None:
    class Broken(Client):
        def add_job(self, *_: Any, **__: Any) -> Any:
            raise TypeError("of something else")

    with pytest.raises(TypeError, match="of something else"):
        registered()[1].add({}, client=Broken("postgresql://localhost/app"), priority=1)


@pytest.mark.parametrize("name", habits.WORKER_OPTIONS)
def test_option_of_a_worker(name: str) -> None:
    with pytest.raises(TypeError) as raised:
        Worker("postgresql://localhost/app", registered()[0], **{name: 1})
    assert str(raised.value) == f"Worker has no option {name!r}. {habits.WORKER_OPTIONS[name]}"


@pytest.mark.parametrize("name", habits.ATTRIBUTES)
def test_attribute(name: str) -> None:
    context = make_context()
    owners = [it for it in (*registered(), context, graphile_worker, testing) if name not in dir(it)]
    assert owners
    for owner in owners:
        assert not hasattr(owner, name)
        with pytest.raises(AttributeError) as raised:
            getattr(owner, name)
        assert str(raised.value).endswith(f"has no attribute {name!r}. {habits.ATTRIBUTES[name]}")


def test_other_attributes_are_as_they_were() -> None:
    tasks, task = registered()
    for owner in (tasks, task, make_context()):
        with pytest.raises(AttributeError, match=f"^'{type(owner).__name__}' object has no attribute 'nothing'$") as it:
            _ = owner.nothing
        assert (it.value.name, it.value.obj) == ("nothing", owner)
    assert copy.copy(task).identifier == "sum"
    # What is made without __init__ has no attributes, and asking for one is no endless loop.
    empty = pickle.loads(pickle.dumps(object.__new__(Task), 2))  # Our own.
    assert not hasattr(empty, "identifier")


def test_a_context_that_would_get_the_payload() -> None:
    def handler(context, a): ...  # type: ignore[no-untyped-def]

    with pytest.raises(InvalidArgument, match="the parameter 'context' of task 'sum' would get the payload"):
        TaskRegistry().add(handler, "sum")

    def said(context: dict[str, Any]) -> None: ...

    assert TaskRegistry().add(said, "sum").takes_payload


def test_what_hints_name_is_there() -> None:
    known = {
        *AddOptions.__annotations__,
        *SpecOptions.__annotations__,
        *PolicyOptions.__annotations__,
        *WorkerOptions.__annotations__,
        *get_type_hints(Unique),
        *inspect.signature(Worker.run).parameters,
    }
    hints = [
        hint
        for table in (habits.TASK_OPTIONS, habits.ADD_OPTIONS, habits.WORKER_OPTIONS, habits.ATTRIBUTES)
        for hint in table.values()
    ]
    named = {name for hint in hints for name in re.findall(r"(\w+)=", hint)}
    assert named - known == set()
    root = Path(__file__).parents[3]
    assert [page for hint in hints for page in re.findall(r"docs/\w+\.md", hint) if not (root / page).exists()] == []
    clients = {name for hint in hints for name in re.findall(r"client\.(\w+)\(", hint)}
    assert [name for name in clients if not hasattr(graphile_worker.Client, name)] == []


def test_what_hints_of_the_command_name_is_there() -> None:
    said = [*cli_habits.COMMANDS.values(), *cli_habits.OPTIONS.values()]
    options = {
        option
        for name in cli.list_commands(None)
        for it in cli.get_command(None, name).params
        for option in it.opts + it.secondary_opts
    }  # type: ignore[arg-type,union-attr]
    assert {it for hint in said for it in re.findall(r"--[a-z-]+", hint)} - options == set()
    commands = {it for hint in said for it in re.findall(r"graphile-worker (\w+)", hint)}
    assert commands - set(cli.commands) == set()
    assert not set(cli_habits.COMMANDS) & set(cli.commands)
