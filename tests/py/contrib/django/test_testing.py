"""The tests of a project, as its author writes them, run by `manage.py test`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.py.contrib.django import project

TASKS = """
@tasks.task
def collide(payload: dict) -> None:
    Order.objects.create(number=payload["number"], pk=payload["number"])
    Order.objects.create(number=payload["number"], pk=payload["number"])

@tasks.task
def remind(payload: dict) -> None:
    pay.add(payload)

@tasks.task
async def aremind(payload: dict, context: JobContext) -> None:
    await greet.add(payload)
"""
TESTS = """
from datetime import UTC, datetime, timedelta
from asgiref.sync import sync_to_async
from django.test import TestCase, TransactionTestCase
from graphile_worker.contrib.django import client_for
from graphile_worker.contrib.django.testing import drain
from shop import tasks
from shop.models import Order

class InItsTransaction(TestCase):
    databases = {"queue"}

    def done_by(self, number):
        return list(Order.objects.filter(number=number).values_list("done_by", flat=True))

    def test_view(self):
        self.client.get("/order/1")
        self.assertEqual(drain().check().identifiers, ["pay"])
        self.assertEqual(self.done_by(1), ["pay"])

    def test_nothing_is_left_of_others(self):
        self.assertEqual(len(drain()), 0)
        self.assertEqual(Order.objects.count(), 0)

    async def test_async_view(self):
        await self.async_client.get("/greeting/2")
        done = await sync_to_async(drain)()
        self.assertEqual(done.check().identifiers, ["greet"])
        self.assertEqual(await sync_to_async(self.done_by)(2), ["greet"])

    def test_jobs_of_jobs_and_time(self):
        Order.objects.create(number=3)
        tasks.remind.add({"number": 3}, delay=timedelta(days=1))
        tasks.aremind.add({"number": 3})
        self.assertEqual(drain().check().identifiers, ["aremind", "greet"])
        tomorrow = datetime.now(UTC) + timedelta(days=2)
        self.assertEqual(drain(now=tomorrow).check().identifiers, ["remind", "pay"])
        self.assertEqual(self.done_by(3), ["pay"])

    def test_an_error_of_the_database_takes_nothing_along(self):
        Order.objects.create(number=4)
        tasks.collide.add({"number": 5})
        [failed] = drain().failed
        self.assertIn("IntegrityError", failed.error)
        self.assertEqual((self.done_by(4), self.done_by(5)), ([""], []))
        tasks.pay.add({"number": 4})
        self.assertEqual(drain().check().identifiers, ["pay"])

    def test_tasks_of_django(self):
        Order.objects.create(number=6)
        tasks.ship.enqueue(6)
        drain().check()
        self.assertEqual(self.done_by(6), ["ship"])

class Committed(TransactionTestCase):
    databases = {"queue"}

    def test_1(self):
        self.client.get("/order/1")
        self.assertEqual(drain().check().identifiers, ["pay"])
        self.assertEqual(Order.objects.get().done_by, "pay")
        tasks.pay.add({"number": 7})

    def test_2_has_no_jobs_of_1(self):
        self.assertEqual(client_for().list_jobs(), [])
"""


@pytest.fixture
def shop(tmp_path: Path, empty_database: str) -> project.Project:
    made = project.make(tmp_path, empty_database)
    with (tmp_path / "shop" / "tasks.py").open("a") as file:
        file.write(TASKS)
    (tmp_path / "shop" / "tests.py").write_text(TESTS)
    with (tmp_path / "site_of_shop" / "settings.py").open("a") as file:
        # Django's own: no test uses the default one.
        file.write('DATABASES["queue"]["TEST"] = {"DEPENDENCIES": []}\n')
    return made


def test_tests_of_a_project(shop: project.Project) -> None:
    result = shop.manage("test", "--noinput", check=False)
    assert result.returncode == 0, result.stderr
    assert "Ran 8 tests" in result.stderr


def test_migrate_outside_of_tests_leaves_the_queue_to_the_operator(shop: project.Project) -> None:
    shop.manage("migrate", "--database", "queue")
    listed = shop.manage("graphile_worker", "list", check=False)
    assert 'schema "Jobs" is not installed in this database' in listed.stderr
