"""A Django project as `django-admin startproject` makes it, with an app that has views and tasks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests import support

SETTINGS = """
import os
INSTALLED_APPS = ["shop", "graphile_worker.contrib.django"]
MIDDLEWARE = []
ALLOWED_HOSTS = ["*"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    "queue": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["SHOP_NAME"],
        "USER": os.environ["SHOP_USER"],
        "PASSWORD": os.environ["SHOP_PASSWORD"],
        "HOST": os.environ["SHOP_HOST"],
        "PORT": os.environ["SHOP_PORT"],
        "OPTIONS": {"application_name": "shop"},
        # The hardest case: a connection that nobody closes, and no health checks.
        "CONN_MAX_AGE": None,
    },
}
DATABASE_ROUTERS = ["shop.router.Router"]
GRAPHILE_WORKER = {"DATABASE": "queue", "SCHEMA": "Jobs"}
TASKS = {"default": {"BACKEND": "graphile_worker.contrib.django.tasks_backend.GraphileWorkerBackend"}}
"""
ROUTER = """
class Router:
    def db_for_read(self, model, **hints):
        return "queue"

    db_for_write = db_for_read
"""
MODELS = """
from django.db import models

class Order(models.Model):
    number = models.IntegerField()
    done_by = models.TextField(default="")
    attempts = models.IntegerField(default=0)
"""
TASKS = """
import time
from pathlib import Path
from graphile_worker import JobContext, ThreadContext
from graphile_worker.contrib.django import tasks
from shop.models import Order

try:
    from django.tasks import task
except ImportError:
    from django_tasks import task

@tasks.task
def pay(payload: dict, context: ThreadContext) -> None:
    Order.objects.filter(number=payload["number"]).update(done_by="pay", attempts=context.job.attempts)

@tasks.task
async def greet(payload: dict, context: JobContext) -> None:
    await Order.objects.filter(number=payload["number"]).aupdate(done_by="greet", attempts=context.job.attempts)

@tasks.task
def wait(payload: dict, context: ThreadContext) -> None:
    Path(payload["path"] + ".begun").touch()
    while not Path(payload["path"]).exists():
        time.sleep(0.02)
    Path(payload["path"] + ".tried").touch()
    Order.objects.filter(number=payload["number"]).update(done_by="wait", attempts=context.job.attempts)

@tasks.task(run_in="process")
def crunch(payload: dict) -> None:
    Order.objects.filter(number=payload["number"]).update(done_by="crunch", attempts=1)
    pay.add({"number": payload["number"] + 1})

@task(takes_context=True)
def ship(context, number: int) -> None:
    Order.objects.filter(number=number).update(done_by="ship", attempts=context.attempt)
"""
VIEWS = """
from django.db import transaction
from django.http import JsonResponse
from shop import tasks
from shop.models import Order

def order(request, number):
    with transaction.atomic(using="queue"):
        Order.objects.create(number=number)
        job = tasks.pay.add({"number": number})
        if "refused" in request.GET:
            raise ValueError("the card was refused")
    return JsonResponse({"job": job.id})

async def greeting(request, number):
    await Order.objects.acreate(number=number)
    job = await tasks.greet.add({"number": number})
    return JsonResponse({"job": job.id})

async def shipment(request, number):
    await Order.objects.acreate(number=number)
    result = await tasks.ship.aenqueue(number)
    return JsonResponse({"job": result.id})
"""
URLS = """
from django.urls import path
from shop import views

urlpatterns = [
    path("order/<int:number>", views.order),
    path("greeting/<int:number>", views.greeting),
    path("shipment/<int:number>", views.shipment),
]
"""
# What docs/django.md says.
ASGI = """
from starlette.applications import Starlette
from starlette.routing import Mount
from graphile_worker.admin import BasicAuth, create_app
from graphile_worker.contrib.django import database_address
from graphile_worker.contrib.starlette import lifespan

admin = create_app(database_address(), schema="Jobs", auth=BasicAuth("ops", "secret"))
application = Starlette(
    routes=[Mount("/jobs", admin), Mount("/", application)],
    lifespan=lifespan(admin=lambda: admin),
)
"""


@dataclass
class Project:
    """A project in a folder, and the environment in which its programs run."""

    folder: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run manage.py to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
        )

    @contextmanager
    def program(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A program that runs for the block, and is ended by SIGTERM; what it says goes to a file, `log`."""
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=self.folder, env=self.environment, stdout=log, stderr=log, text=True
            )
            try:
                yield process
            finally:
                process.terminate()
                process.wait(30)

    @property
    def log(self) -> str:
        """What the programs have said."""
        return (self.folder / "log").read_text()

    @contextmanager
    def web(self) -> Iterator[str]:
        """The address of the project's ASGI application, which runs for the block."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with self.program("-m", "uvicorn", "--port", str(port), "site_of_shop.asgi:application"):
            address = f"http://127.0.0.1:{port}"
            wait_until(lambda: status(address) is not None, "the web server answers")
            yield address


def wait_until(condition: Callable[[], object], what: str) -> None:
    """As support.wait_until, with time for programs that start on a busy machine."""
    support.wait_until(condition, timedelta(seconds=60), what)


def status(address: str, headers: dict[str, str] | None = None) -> int | None:
    """The status with which a server answers; None while there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers or {}), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def make(folder: Path, url: str) -> Project:
    """Make the project, with the database of a url as the one that is called "queue"; nothing is in it yet."""
    subprocess.run([sys.executable, "-m", "django", "startproject", "site_of_shop", folder], check=True, timeout=60)
    app = folder / "shop"
    app.mkdir()
    files = {"__init__": "", "models": MODELS, "tasks": TASKS, "views": VIEWS, "router": ROUTER}
    for name, text in files.items():
        (app / f"{name}.py").write_text(text)
    site = folder / "site_of_shop"
    for name, text in {"settings": SETTINGS, "asgi": ASGI}.items():
        with (site / f"{name}.py").open("a") as file:
            file.write(text)
    (site / "urls.py").write_text(URLS)
    parts = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    own = {f"SHOP_{name}": str(parts.get(part) or "") for name, part in names.items()}
    # DATABASES comes before it.
    environment = {**os.environ, **own, "DATABASE_URL": "postgresql://nobody@nowhere.invalid/nothing"}
    environment.pop("GRAPHILE_WORKER_SCHEMA", None)
    return Project(folder, environment)
