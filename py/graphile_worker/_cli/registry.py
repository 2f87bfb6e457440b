"""Finds the tasks that `run` is told to run."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from .._basis.errors import InvalidArgument
from .._tasks import directory as _directory_module
from .._tasks.registry import TaskRegistry
from .failure import Usage

_TRACEBACK_LINES = 12


def find(where: str) -> TaskRegistry:
    """Returns the registry that `MODULE` or `MODULE:OBJECT` names, or the tasks of a directory. Raises Usage when there
    is none, or not just one.
    """
    if _is_directory(where):
        return _directory(where)
    name, _, path = where.partition(":")
    module = import_module(name)
    if path:
        others = sorted(_registries(module))
        found = named(module, path, hint=f"Its registries are: {', '.join(others)}" if others else None)
        if not isinstance(found, TaskRegistry):
            raise Usage(f"{where} is of type {type(found).__name__}, not a TaskRegistry")
        return found
    registries = _registries(module)
    if not registries:
        raise Usage(
            f"module {name} has no TaskRegistry",
            hint=f"Make one there (tasks = TaskRegistry()), or name another object: {name}:OBJECT",
        )
    if len(registries) > 1:
        raise Usage(
            f"module {name} has several registries: {', '.join(sorted(registries))}",
            hint=f"Name one: {name}:{min(registries)}",
        )
    return next(iter(registries.values()))


def _is_directory(where: str) -> bool:
    """Tells whether this is a directory that is no package: what Python would find under this name comes first."""
    if not Path(where).is_dir():
        return False
    if not where.isidentifier():
        return True
    _look_here()
    spec = find_spec(where)
    return spec is None or spec.origin is None


def _directory(where: str) -> TaskRegistry:
    _look_here()
    tasks = TaskRegistry()
    try:
        tasks.directory(where)
    except InvalidArgument as error:
        if (cause := error.__cause__) is None:
            raise Usage(str(error.args[0]), hint=error.hint) from error
        raise Usage(str(error.args[0]), details=_where(cause)) from error
    if not len(tasks):
        hint = "A task is a Python module with a function `task`, or an executable file"
        raise Usage(f"no task is in {where}", hint=hint)
    return tasks


def find_here() -> tuple[TaskRegistry, str]:
    """Returns the tasks that lie in the working directory under the name `tasks`, and where they were found.

    Raises Usage when there are none.
    """
    # A package comes before a module of the same name, as for Python.
    for path in ("tasks/__init__.py", "tasks.py"):
        if Path(path).is_file():
            return find("tasks"), f"./{path}"
    if not Path("tasks").is_dir():
        raise Usage(
            "no tasks are named, and there is neither ./tasks.py nor ./tasks/",
            hint="Name their module: graphile-worker run myapp.tasks",
        )
    return _directory("./tasks/"), "./tasks/"


def _registries(module: ModuleType) -> dict[str, TaskRegistry]:
    """Returns the registries of a module by name; one that has several names counts once."""
    by_identity = {
        id(value): (name, value) for name, value in reversed(vars(module).items()) if isinstance(value, TaskRegistry)
    }
    return dict(by_identity.values())


def named(module: ModuleType, path: str, *, hint: str | None = None) -> object:
    """Returns the object at a path in a module. Raises Usage when there is none."""
    found: object = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise Usage(f"module {module.__name__} has no {path}", hint=hint) from None
    return found


def import_module(name: str) -> ModuleType:
    """Imports a module, those of the working directory, too. Raises Usage that says what is wrong with it."""
    if not all(part.isidentifier() for part in name.split(".")):
        is_path = name.endswith(".py") or "/" in name
        raise Usage(
            f"{name!r} is not the name of a module",
            hint=_not_a_file(name) if is_path else "Write it as in an import: package.module",
        )
    here = _look_here()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise Usage(
                f"no module named {error.name}",
                hint=_not_a_file(name) if name.endswith(".py") else _looked_for(here),
            ) from None
        raise broken(f"module {name} can't be imported", error) from error
    except (Exception, SystemExit) as error:
        raise broken(f"module {name} can't be imported", error) from error


def _look_here() -> str | None:
    """Puts the working directory, which is returned, on Python's path, as `python -m` does: the application that lies
    here is found without being installed.
    """
    here = _working_directory()
    if here and here not in sys.path:
        sys.path.insert(0, here)
    return here


def _working_directory() -> str | None:
    """Returns the working directory, None where somebody has removed it: what is installed elsewhere can be run."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


def _looked_for(here: str | None) -> str:
    installed = f"among what is installed for {sys.executable}"
    if here is None:
        return f"The working directory was removed: it was looked for only {installed}. Change to another: cd"
    return f"It is looked for in {here}, and {installed}"


def _not_a_file(name: str) -> str:
    return f"Name the module, not its file: {'.'.join(Path(name.removesuffix('.py')).parts).strip('./')}"


def broken(what: str, error: BaseException) -> Usage:
    """Returns an error that says what is wrong with somebody's code, and where: without frames of ours."""
    summary = "".join(traceback.format_exception_only(error)).splitlines()[-1]
    return Usage(f"{what}: {summary}", details=_where(error))


def _where(error: BaseException) -> str:
    report = traceback.TracebackException.from_exception(error)
    passed_over = (str(Path(__file__).parent), _directory_module.__file__, "<frozen importlib")
    report.stack = traceback.StackSummary.from_list(
        frame
        for frame in report.stack
        if not frame.filename.startswith(passed_over) and f"{os.sep}importlib{os.sep}" not in frame.filename
    )
    lines = "".join(report.format(chain=False)).splitlines()
    if lines and lines[0].startswith("Traceback"):
        del lines[0]
    return "\n".join(lines[-_TRACEBACK_LINES:])
