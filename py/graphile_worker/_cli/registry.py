"""Finds the tasks that `run` is told to run."""

from __future__ import annotations

import importlib
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
    module = _import(name)
    if path:
        return _named(module, path)
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
        raise Usage(f"no task is in the directory {where}", hint=hint)
    return tasks


def _registries(module: ModuleType) -> dict[str, TaskRegistry]:
    """Returns the registries of a module by name; one that has several names counts once."""
    by_identity = {
        id(value): (name, value) for name, value in reversed(vars(module).items()) if isinstance(value, TaskRegistry)
    }
    return dict(by_identity.values())


def _named(module: ModuleType, path: str) -> TaskRegistry:
    found: object = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            others = sorted(_registries(module))
            raise Usage(
                f"module {module.__name__} has no {path}",
                hint=f"Its registries are: {', '.join(others)}" if others else None,
            ) from None
    if not isinstance(found, TaskRegistry):
        raise Usage(f"{module.__name__}:{path} is of type {type(found).__name__}, not a TaskRegistry")
    return found


def _import(name: str) -> ModuleType:
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
        raise _broken(name, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(name, error) from error


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


def _broken(name: str, error: BaseException) -> Usage:
    summary = "".join(traceback.format_exception_only(error)).splitlines()[-1]
    return Usage(f"module {name} can't be imported: {summary}", details=_where(error))


def _where(error: BaseException) -> str:
    """Returns what is wrong with a module, and where: without the frames of the import machinery."""
    report = traceback.TracebackException.from_exception(error)
    passed_over = (__file__, _directory_module.__file__)
    report.stack = traceback.StackSummary.from_list(
        frame for frame in report.stack if frame.filename not in passed_over and "importlib" not in frame.filename
    )
    lines = "".join(report.format(chain=False)).splitlines()
    if lines and lines[0].startswith("Traceback"):
        del lines[0]
    return "\n".join(lines[-_TRACEBACK_LINES:])
