"""Tasks of a project: added on Django's connection, wherever they are added."""

from __future__ import annotations

import types

import pytest
from asgiref.sync import async_to_sync
from django.db import connections, transaction

from graphile_worker import InvalidArgument, TaskRegistry
from graphile_worker.contrib.django import tasks
from graphile_worker.contrib.django.registry import use_django
from tests.py.contrib.django.databases import identifiers, rolled_back


@tasks.task("registry/hello")
def hello(payload: dict[str, int]) -> None: ...


def test_a_task_is_added_in_the_transaction_of_a_view(django_database: str) -> None:
    use_django(tasks)
    with rolled_back():
        hello.add({"n": 1})
    assert identifiers(django_database) == []
    with transaction.atomic():
        assert hello.add({"n": 1}).payload == {"n": 1}
        assert identifiers(django_database) == []
    assert identifiers(django_database) == ["registry/hello"]


def test_in_an_async_view_it_is_awaited(django_database: str) -> None:
    use_django(tasks)

    async def view() -> dict[str, int]:
        return (await hello.add({"n": 2})).payload

    # Which runs what is plain in this thread, on its connection.
    with rolled_back():
        assert async_to_sync(view)() == {"n": 2}
    assert identifiers(django_database) == []
    assert async_to_sync(view)() == {"n": 2}
    assert identifiers(django_database) == ["registry/hello"]
    connections["default"].close()


def test_a_module_that_is_imported_again_after_an_error() -> None:
    source = "from graphile_worker.contrib.django.registry import _Tasks\n"
    source += "@tasks.middleware\ndef around(job: object, call: object) -> None: ...\n"
    source += "@tasks.task('again', aliases=['former'])\ndef again(payload: dict) -> None: ...\n"
    registry = type(tasks)()
    for _ in range(2):
        module = types.ModuleType("shop.tasks")
        module.tasks = registry  # type: ignore[attr-defined]
        exec(compile(source, "tasks.py", "exec"), vars(module))
    assert registry["again"] is registry["former"] is module.again
    assert registry["again"].middleware is not None
    assert registry["again"].middleware.in_place == [module.around]
    with pytest.raises(InvalidArgument, match="'again' is registered twice"):
        registry.task("again")(lambda: None)
    assert isinstance(registry, TaskRegistry)
