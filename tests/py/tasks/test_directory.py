"""Task directories: a file is a task, called by its path."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphile_worker import AsyncClient, InvalidArgument, Job, TaskRegistry, Worker
from tests.py.support.command import process


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty task directory in the working directory; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    modules = set(sys.modules)
    (tmp_path / "jobs").mkdir()
    yield tmp_path / "jobs"
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None) or name):
            del sys.modules[name]


def write(path: Path, text: str, *, executable: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    if executable:
        path.chmod(0o755)
    return path


REGISTERED = """
    from graphile_worker import TaskRegistry

    tasks = TaskRegistry()

    @tasks.task(queue_name="mail")
    async def verify(payload: dict) -> None:
        payload["seen"].write(payload)
"""
FUNCTION = """
    def task(payload: dict) -> None: ...
"""


def test_a_file_is_a_task_under_its_path(folder: Path) -> None:
    write(folder / "users/verify.py", REGISTERED)
    write(folder / "send-email.py", FUNCTION)
    write(folder / "images/small/resize.sh", "#!/bin/sh\n", executable=True)
    write(folder / "images/crop.py", "#!/usr/bin/env python3\n", executable=True)
    # These are none.
    write(folder / "README.md", "not a task")
    write(folder / "_helpers.py", "x = 1")
    write(folder / "users/__init__.py", "")
    write(folder / "_shared/helper.py", "x = 1")
    write(folder / ".hidden/task.py", FUNCTION)
    tasks = TaskRegistry()
    found = tasks.directory(folder)
    kinds = {task.identifier: task.run_in for task in found}
    assert kinds == {
        "send-email": "thread",
        "images/crop": "executable",
        "images/small/resize": "executable",
        "users/verify": "loop",
    }
    assert sorted(tasks) == sorted(kinds)
    # Its options stay.
    assert tasks["users/verify"].queue_name == "mail"


async def test_jobs_are_added_and_run_under_the_path(database: str, folder: Path) -> None:
    write(
        folder / "users/verify.py",
        """
        from graphile_worker import JobContext, TaskRegistry
        from jobs._seen import seen

        tasks = TaskRegistry()

        @tasks.task
        async def verify(payload: int, context: JobContext) -> None:
            seen.append((context.job.task_identifier, payload))
            if payload < 3:
                await verify.add(payload + 1)
        """,
    )
    write(folder / "_seen.py", "seen = []")
    # An import of another file's task makes it no task of this one.
    write(
        folder / "other.py",
        "from jobs.users.verify import verify\n\nasync def task() -> None:\n    await verify.add(2)",
    )
    sys.path.insert(0, str(folder.parent))
    try:
        tasks = TaskRegistry()
        tasks.directory("jobs")
        from jobs._seen import seen  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(folder.parent))
    async with AsyncClient(database) as client:
        await client.add_job("other")
        await Worker(database, tasks).run_once()
        assert await client.list_jobs() == []
    assert seen == [("users/verify", 2), ("users/verify", 3)]


async def test_former_names_and_middleware_come_along(database: str, folder: Path) -> None:
    write(
        folder / "users/verify.py",
        """
        from graphile_worker import TaskRegistry

        tasks = TaskRegistry()
        seen = []

        @tasks.middleware
        async def around(job, call):
            seen.append(("of the file", job.task_identifier))
            return await call()

        @tasks.task(aliases=["verify_user"])
        async def verify() -> None:
            seen.append("verify")
        """,
    )
    for _ in range(2):
        # Another time it is no other module.
        tasks = TaskRegistry()
        tasks.directory(folder)
    seen: list[Any] = sys.modules[str(folder / "users/verify.py")].seen

    @tasks.middleware
    async def around_all(job: Job, call: Callable[[], Awaitable[Any]]) -> Any:
        seen.append("of all")
        return await call()

    assert list(tasks) == ["users/verify", "verify_user"]
    async with AsyncClient(database) as client:
        await client.add_job("verify_user")
        await Worker(database, tasks).run_once()
    assert seen == ["of all", ("of the file", "verify_user"), "verify"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", r"jobs/users/verify.py has no task\. A file is a task: register one function"),
        ("from graphile_worker import TaskRegistry\ntasks = TaskRegistry()", "has no task"),
        (
            REGISTERED + "\n    @tasks.task\n    async def other() -> None: ...",
            r"jobs/users/verify.py has 2 tasks: verify, other\.",
        ),
        (REGISTERED + "\n    def task() -> None: ...", "has 2 tasks: verify, task"),
        ("def task(:", "jobs/users/verify.py can't be imported: SyntaxError"),
        ("raise SystemExit(3)", "can't be imported: SystemExit: 3"),
        ("task = 5", "has no task"),
    ],
)
def test_none_or_several_are_refused_with_the_path(folder: Path, text: str, words: str) -> None:
    write(folder / "users/verify.py", text)
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match=words):
        tasks.directory("jobs")


def test_two_files_of_one_name_and_what_is_not_executable(folder: Path) -> None:
    write(folder / "a.py", FUNCTION)
    script = write(folder / "a.sh", "#!/bin/sh\n", executable=True)
    with pytest.raises(InvalidArgument, match=r"both jobs/a.py and jobs/a.sh are task 'a'"):
        TaskRegistry().directory("jobs")
    script.chmod(0o644)
    with pytest.raises(InvalidArgument, match=r"jobs/a.sh begins with #! and is not executable. chmod \+x"):
        TaskRegistry().directory("jobs")
    with pytest.raises(InvalidArgument, match="'nowhere' is no directory"):
        TaskRegistry().directory("nowhere")


def test_links_are_followed_and_a_circle_is_gone_through_once(folder: Path) -> None:
    write(folder / "users/verify.py", FUNCTION)
    (folder / "users/up").symlink_to(folder)
    (folder / "people").symlink_to(folder / "users")
    (folder / "check.py").symlink_to(folder / "users/verify.py")
    tasks = TaskRegistry()
    tasks.directory(folder)
    # A folder counts under the name that is first.
    assert sorted(tasks) == ["check", "people/verify"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (f"{'x' * 129}.py", FUNCTION, "x.py: bad task identifier 'x.*It has 1 to 128 characters"),
        ("x" * 129, "#!/bin/sh\n", "x: bad task identifier 'x.*It has 1 to 128 characters"),
        ("each.py", "def task(): yield 1\n", "jobs/each.py: .*is a generator.*without yield"),
    ],
)
def test_what_a_registry_refuses_is_said_with_the_path(folder: Path, name: str, text: str, words: str) -> None:
    write(folder / name, text, executable=text.startswith("#!"))
    with pytest.raises(InvalidArgument, match=words):
        TaskRegistry().directory(folder)


def test_nothing_is_left_out_in_silence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "send.py", FUNCTION)
    for name in (".gone", "_gone"):
        (folder / name).symlink_to("nowhere")
    assert list(TaskRegistry().directory(folder)) != []
    (folder / "gone.py").symlink_to("nowhere")
    with pytest.raises(InvalidArgument, match=r"jobs/gone.py is a link to nothing. Remove it"):
        TaskRegistry().directory(folder)
    (folder / "gone.py").unlink()
    # Not even root can read it.
    (folder / "closed").symlink_to("/proc/self/clear_refs")
    with pytest.raises(InvalidArgument, match=r"jobs/closed can't be read: .*Let the worker's user read it"):
        TaskRegistry().directory(folder)
    (folder / "closed").unlink()
    write(folder / "users/verify.py", FUNCTION)
    scandir = os.scandir

    def closed(path: Any) -> Any:
        if str(path).endswith("users"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(InvalidArgument, match=r"jobs/users can't be read: Permission denied"):
        TaskRegistry().directory(folder)


def test_executables_are_found_below_and_modules_are_not(folder: Path) -> None:
    write(folder / "images/resize.sh", "#!/bin/sh\n", executable=True)
    write(folder / "send.py", FUNCTION)
    assert [task.identifier for task in TaskRegistry().executables(folder)] == ["images/resize"]


def run(*words: str, url: str, folder: Path) -> tuple[int, str]:
    with process("run", *words, "--once", url=url, cwd=folder.parent) as child:
        try:
            _, log = child.communicate(timeout=60)
        finally:
            child.kill()
    return child.returncode, log


@pytest.mark.parametrize("where", ["jobs", "jobs/", "./jobs"])
async def test_the_command_runs_a_directory(database: str, folder: Path, where: str) -> None:
    out = folder.parent / "out"
    write(folder / "users/verify.py", f"def task(payload: Any) -> None: open({str(out)!r}, 'a').write(payload)\n")
    (folder / "users/verify.py").write_text("from typing import Any\n" + (folder / "users/verify.py").read_text())
    write(folder / "images/resize", f"#!/bin/sh\necho here I am\ncat >> {out}\n", executable=True)
    async with AsyncClient(database) as client:
        await client.add_job("users/verify", "verified")
        job = await client.add_job("images/resize", 7)
        code, log = run(where, "--concurrency", "1", url=database, folder=folder)
        assert (code, await client.list_jobs()) == (0, [])
    assert out.read_text() == 'verified{"payload":7}'
    assert f"INFO    job {job.id} (images/resize): here I am" in log


def test_the_command_names_the_file_that_is_wrong(database: str, folder: Path) -> None:
    code, log = run("jobs", url=database, folder=folder)
    assert code == 2
    assert "error: no task is in jobs" in log
    broken: Any = write(folder / "users/verify.py", "import json\n\njson.loads('{')\n")
    code, log = run("jobs", url=database, folder=folder)
    assert code == 2
    assert "error: jobs/users/verify.py can't be imported: json.decoder.JSONDecodeError" in log.replace(
        "imported: JSONDecodeError", "imported: json.decoder.JSONDecodeError"
    )
    assert f'File "{broken}", line 3' in log
    broken.write_text("x = 1")
    code, log = run("jobs", url=database, folder=folder)
    assert code == 2
    assert "error: jobs/users/verify.py has no task\nhint: A file is a task" in log


def test_a_package_and_a_module_come_first(database: str, folder: Path) -> None:
    write(folder / "users/verify.py", FUNCTION)
    write(folder.parent / "jobs.py", "from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\n"
          "tasks.add(lambda: None, 'of_the_module')\n")  # fmt: skip
    code, log = run("jobs", url=database, folder=folder)
    assert code == 0
    assert "runs of_the_module" in log
