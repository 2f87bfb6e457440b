"""The first hour of docs/coming_from_celery.md, as it stands there: its files in a folder, its commands in a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from graphile_worker import Client

PAGE = (Path(__file__).parents[3] / "docs" / "coming_from_celery.md").read_text()
HOUR = PAGE.split("## The first hour\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", HOUR, re.DOTALL | re.MULTILINE)
FILES = ["shop.py", "enqueue.py", "crontab", "conftest.py", "test_shop.py"]


def shell(commands: str, folder: Path, url: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PG"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        ["bash", "-ec", commands],
        cwd=folder,
        env={**environment, "DATABASE_URL": url, "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, f"{commands}\n{result.stdout}"
    return result.stdout


def test_the_first_hour(tmp_path: Path, empty_database: str) -> None:
    files = iter(FILES)
    said = []
    for language, text in BLOCKS:
        if language in ("python", ""):
            (tmp_path / next(files)).write_text(text)
        elif language == "sh":
            said.append(shell(text, tmp_path, empty_database))
    assert list(files) == []
    migrated, jobs, cron, tested = said
    assert "installed the functions and views" in migrated
    assert jobs.count("mail to ") == 101
    assert "mail to ada@example.com, attempt 1" in jobs
    assert "CardRefused: -1" in jobs
    assert "send_digest" in cron
    assert "2 passed" in tested
    # What its comments promise: the card is not tried again, the bank is, and bob is removed.
    with Client(empty_database) as client:
        left = sorted((job.task_identifier, job.job_state) for job in client.list_jobs())
    assert left == [("charge", "failed"), ("charge", "scheduled")]
