"""The first hour of docs/coming_from_procrastinate.md, done as it stands there, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from graphile_worker import TaskRegistry
from graphile_worker.testing.plain import jobs_of

PAGE = (Path(__file__).parents[3] / "docs" / "coming_from_procrastinate.md").read_text()
HOUR = PAGE.split("## The first hour\n")[1].split("\n## ")[0]
FILES = dict(re.findall(r"`(\w+\.(?:py|sql))`[^`]*(?:`[^`]*`[^`]*)*?```(?:python|sql)\n(.*?)```", HOUR, re.DOTALL))
[TEST] = re.findall(r"```python\n([^`]*?def test_.*?)```", HOUR, re.DOTALL)

# Asks the application what a browser would.
ASK_WEB = """
from fastapi.testclient import TestClient
from web import app
with TestClient(app) as browser:
    for path in ("/signup/ada", "/again/grace"):
        answer = browser.post(path)
        print(answer.status_code, answer.json() > 0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert sorted(FILES) == ["script.py", "shop.py", "trigger.sql", "web.py"]
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(command: str, folder: Path, url: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "DATABASE_URL": url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_script_trigger_and_worker(folder: Path, database: str) -> None:
    [session] = re.findall(r"```console\n(.*?)```", HOUR, re.DOTALL)
    steps = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", session, re.MULTILINE)
    assert len(steps) == 3
    for command, output in steps:
        assert run(command, folder, database) == output


def test_commands_that_look_after_jobs(folder: Path, database: str) -> None:
    run("python script.py", folder, database)
    [commands] = re.findall(r"```sh\n(graphile-worker list\n.*?)```", HOUR, re.DOTALL)
    for command in commands.splitlines():
        assert run(command, folder, database)
    with psycopg.connect(database) as connection:
        # The fourth job is the one of a later hour, and cancelled now.
        query = "select last_error from graphile_worker.show_job(4)"
        assert connection.execute(query).fetchall() == [("Cancelled",)]


def test_web_application(folder: Path, database: str) -> None:
    assert run(f"python -W ignore -c '{ASK_WEB}'", folder, database) == "200 True\n200 True\n"
    tasks = TaskRegistry()
    welcome = tasks.add(lambda payload: None, "welcome")
    assert [job.payload for job in jobs_of(database, welcome)] == [{"name": "ada"}, {"name": "grace"}]


def test_first_test(folder: Path, database: str) -> None:
    (folder / "test_shop.py").write_text(TEST)
    assert "1 passed" in run("python -m pytest -q -p no:cacheprovider test_shop.py", folder, database)


def test_the_server_that_is_started_has_a_url(tmp_path: Path) -> None:
    [command] = re.findall(r"^python -c '(.*)'$", HOUR, re.MULTILINE)
    ended = subprocess.run(
        [sys.executable, "-c", command],
        cwd=tmp_path,
        input="\n",
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert re.fullmatch(r"postgresql://\S+\n", ended.stdout)


def test_headings_are_those_of_pages_like_it() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings == ["Words", "The first hour", "What is better", "What is missing"]
