"""The tasks of a directory: a file each, called by its path."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from .._basis.error_text import summary_of
from .._basis.errors import InvalidArgument
from .task import Task

if TYPE_CHECKING:
    from .registry import TaskRegistry

_FUNCTION = "task"
_WHAT_TO_DO = f"A file is a task: register one function there with @tasks.task, or call it `{_FUNCTION}`"


def read_directory(
    registry: TaskRegistry, folder: str | os.PathLike[str], modules: type[TaskRegistry] | None = None
) -> list[Task[Any]]:
    """Registers every task file below a folder; of Python modules the one task that each has, in a registry of the
    class `modules`, unless that is None.

    Raises InvalidArgument that names the file: for a module without a task, or with several, or that can't be
    imported, for a program that is not executable, and for what can't be read, or is a link to nothing.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InvalidArgument(f"{str(root)!r} is no directory", hint="Give one with a file for each task")
    origins: dict[str, Path] = {}
    found = []
    for path in _files(root):
        is_module = path.suffix == ".py" and not _is_script(path)
        if not (modules if is_module else _is_program(path)):
            continue
        identifier = path.relative_to(root).with_suffix("").as_posix()
        if identifier in origins:
            hint = "Their names without the suffix are the same: call one of them something else"
            raise InvalidArgument(f"both {origins[identifier]} and {path} are task {identifier!r}", hint=hint)
        origins[identifier] = path
        task = _task_of(_imported(root, path), path, modules) if is_module and modules else None
        try:
            found.append(_registered(registry, identifier, path if task is None else task))
        except InvalidArgument as error:
            raise InvalidArgument(f"{path}: {error.args[0]}", hint=error.hint) from None
    return found


def _registered(registry: TaskRegistry, identifier: str, task: Any) -> Task[Any]:
    """Registers what a file has: a task, a function, or, for a program, its path."""
    if isinstance(task, Task):
        return registry.adopt(task, identifier)
    return registry.executable(identifier, task) if isinstance(task, Path) else registry.add(task, identifier)


def _files(root: Path) -> Iterator[Path]:
    """Yields the files, also of folders that are links, in order; not what begins with `_` or a dot."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, onerror=_refuse, followlinks=True):
        # A link may lead back up.
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith(("_", ".")))
        for name in sorted(files):
            path = Path(folder, name)
            if name.startswith(("_", ".")):
                continue
            if path.is_symlink() and not path.exists():
                raise InvalidArgument(f"{path} is a link to nothing", hint="Remove it, or begin its name with _")
            if path.is_file():
                yield path


def _refuse(error: OSError, path: Path | None = None) -> NoReturn:
    hint = "Let the worker's user read it, or begin its name with _"
    raise InvalidArgument(f"{path or error.filename} can't be read: {error.strerror}", hint=hint) from None


def _is_script(path: Path) -> bool:
    return os.access(path, os.X_OK) and _has_interpreter(path)


def _is_program(path: Path) -> bool:
    if os.access(path, os.X_OK):
        return True
    if _has_interpreter(path):
        raise InvalidArgument(f"{path} begins with #! and is not executable", hint="chmod +x; or begin its name with _")
    return False


def _has_interpreter(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError as error:
        # A binary need not be readable to be run.
        if os.access(path, os.X_OK):
            return False
        _refuse(error, path)


def _task_of(module: ModuleType, path: Path, registries: type[TaskRegistry]) -> Any:
    """Returns the one task of a module, or its function."""
    tasks = _tasks_of(module, registries)
    function = vars(module).get(_FUNCTION)
    if isfunction(function):
        tasks.append(function)
    if len(tasks) != 1:
        names = ", ".join(_FUNCTION if one is function else one.identifier for one in tasks)
        what = f"{len(tasks)} tasks: {names}" if tasks else "no task"
        raise InvalidArgument(f"{path} has {what}", hint=f"{_WHAT_TO_DO}; begin the names of other files with _")
    return tasks[0]


def _tasks_of(module: ModuleType, registries: type[TaskRegistry]) -> list[Any]:
    """Returns what a module has registered itself, and not what it has imported."""
    values = list(vars(module).values())
    tasks = [registry[name] for registry in values if isinstance(registry, registries) for name in registry]
    tasks += [value for value in values if isinstance(value, Task)]
    own = [task for task in tasks if getattr(task.handler, "__module__", None) == module.__name__]
    return list({id(task): task for task in own}.values())


def _imported(root: Path, path: Path) -> ModuleType:
    try:
        return _import(root, path)
    except (Exception, SystemExit) as error:
        raise InvalidArgument(f"{path} can't be imported: {summary_of(error, 1000)}") from error


def _import(root: Path, path: Path) -> ModuleType:
    """Imports a file by the name that it has for an `import`, if it has one; else under its path."""
    parts = [root.resolve().name, *path.relative_to(root).with_suffix("").parts]
    name = ".".join(parts)
    if all(part.isidentifier() for part in parts) and _is_found(name, path):
        return importlib.import_module(name)
    name = str(path.resolve())
    if (module := sys.modules.get(name)) is not None:
        return module
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_found(name: str, path: Path) -> bool:
    try:
        spec = find_spec(name)
    except ImportError:  # Of what it would be in.
        return False
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == path.resolve()
