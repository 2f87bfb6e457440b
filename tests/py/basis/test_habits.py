"""What people of other queues write here by habit is answered with the word that they look for."""

from __future__ import annotations

import copy
import pickle
import re
from datetime import timedelta
from typing import Any

import pytest

import graphile_worker
from graphile_worker import AsyncClient, Client, JobContext, TaskRegistry, Unique, Worker, WorkerOptions, testing
from graphile_worker._basis import habits
from graphile_worker._calls.options import AddOptions, SpecOptions
from graphile_worker._tasks.policy import PolicyOptions
from graphile_worker.testing import RecordingClient, make_context


def registry() -> TaskRegistry:
    tasks = TaskRegistry()

    @tasks.task
    def send(payload: Any) -> None: ...

    return tasks


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("delay", "`send.add(payload)`"),
        ("apply_async", "delay=timedelta"),
        ("s", "no chains"),
        ("request", "context: JobContext"),
        ("retry", "raise Retry"),
        ("name", "It is send.identifier"),
    ],
)
def test_attributes_of_a_task(name: str, remedy: str) -> None:
    with pytest.raises(AttributeError, match=f"'Task' object has no attribute '{name}'") as caught:
        getattr(registry()["send"], name)
    assert remedy in str(caught.value)


def test_attributes_of_a_registry() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'send_task'. It is client.add_job"):
        getattr(registry(), "send_task")  # noqa: B009


@pytest.mark.parametrize("name", habits.OF_CONTEXTS)
def test_attributes_of_a_context(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(make_context(), name)
    expected = f"'JobContext' object has no attribute {name!r}. {habits.OF_CONTEXTS[name]}"
    assert str(caught.value) == expected


@pytest.mark.parametrize("name", habits.OF_MODULES)
def test_what_is_not_in_a_module(name: str) -> None:
    for module in (graphile_worker, testing):
        with pytest.raises(AttributeError) as caught:
            getattr(module, name)
        assert str(caught.value) == f"module {module.__name__!r} has no attribute {name!r}. {habits.OF_MODULES[name]}"


@pytest.mark.parametrize("name", habits.WORKING)
def test_options_of_a_worker(name: str) -> None:
    with pytest.raises(TypeError) as caught:
        Worker("postgresql://nowhere.invalid/nothing", registry(), **{name: 1})
    assert str(caught.value) == f"a worker has no option {name!r}. {habits.WORKING[name]}"


def test_members_of_the_payload_are_no_options() -> None:
    send: Any = registry()["send"]
    with pytest.raises(TypeError, match=r"no option 'a'. There are queue_name.*\. A job has one payload"):
        send.add(client=RecordingClient(), a=1)


def test_words_name_what_there_is() -> None:
    tables = (*(habits.OF_TASKS, habits.OF_REGISTRIES, habits.OF_CONTEXTS, habits.OF_MODULES), habits.REGISTERING)
    hints = [hint for table in (*tables, habits.ADDING, habits.WORKING) for hint in table.values()]
    options = (AddOptions, SpecOptions, PolicyOptions, WorkerOptions, Worker.__init__, Worker.run, Unique)
    known = {*(name for it in options for name in it.__annotations__), "middleware", "run_in", "task"}
    assert {name for hint in hints for name in re.findall(r"(\w+)=", hint)} - known == set()
    calls = {name for hint in hints for name in re.findall(r"client\.(\w+)\(", hint)}
    assert [name for name in calls if not hasattr(Client, name)] == []
    assert [
        name for hint in hints for name in re.findall(r"context\.(?!job)(\w+)", hint) if not hasattr(JobContext, name)
    ] == []


def test_an_attribute_of_nobody() -> None:
    with pytest.raises(AttributeError, match=r"^'Task' object has no attribute 'dealy'$"):
        getattr(registry()["send"], "dealy")  # noqa: B009
    assert not hasattr(registry(), "nothing")


def test_things_are_copied_as_ever() -> None:
    task = registry()["send"]
    assert copy.copy(task).identifier == "send"
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"<locals>"):
        pickle.dumps(task)


def test_options_of_a_registration_are_told_all_at_once() -> None:
    decorate: Any = TaskRegistry().task
    with pytest.raises(TypeError) as caught:
        decorate(bind=True, max_retries=3, timeout=timedelta(1))(lambda payload: None)
    assert "has no option 'bind'. A second parameter" in str(caught.value)
    assert "has no option 'max_retries'. It is max_attempts=" in str(caught.value)
    assert "timeout" not in str(caught.value)


def test_an_option_of_nobody_is_told_what_there_is() -> None:
    decorate: Any = TaskRegistry().task
    with pytest.raises(TypeError, match=r"no option 'time_out'. There are run_in, slots, queue_name.*timeout"):
        decorate(time_out=3)(lambda payload: None)


@pytest.mark.parametrize(
    ("option", "remedy"),
    [("countdown", "It is delay="), ("eta", "It is run_at="), ("queue", "It is queue_name="), ("dealy", "There are ")],
)
def test_options_of_a_job(option: str, remedy: str) -> None:
    tasks = registry()
    send: Any = tasks["send"]
    for client in (RecordingClient(), AsyncClient("postgresql://nowhere.invalid/nothing")):
        with pytest.raises(TypeError, match=f"a job of 'send' has no option '{option}'. {remedy}"):
            send.add(7, client=client, **{option: 10})
    with pytest.raises(TypeError, match=f"a job of 'send' has no option '{option}'. {remedy}"):
        send.spec(7, **{option: 10})


def test_an_error_of_the_clients_own_stays() -> None:
    class Broken:
        def add_job(self, *_args: object, **_options: object) -> None:
            raise TypeError("of the client's own")

    send: Any = registry()["send"]
    with pytest.raises(TypeError, match=r"^of the client's own$"):
        send.add(7, client=Broken(), delay=timedelta(1))


def test_no_word_for_what_there_is() -> None:
    task = registry()["send"]
    assert [name for name in habits.OF_TASKS if hasattr(task, name)] == []
    assert [name for name in habits.OF_REGISTRIES if hasattr(registry(), name)] == []
    assert not habits.REGISTERING.keys() & PolicyOptions.__annotations__.keys()
    assert [name for name in habits.OF_CONTEXTS if hasattr(make_context(), name)] == []
    assert not habits.WORKING.keys() & {*WorkerOptions.__annotations__, *Worker.__init__.__annotations__}
    assert not habits.ADDING.keys() & (AddOptions.__annotations__.keys() | SpecOptions.__annotations__.keys())
