"""What `run` takes from the program besides its tasks: hooks, plugins and state, each named by MODULE:OBJECT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from .._hooks.hooks import Hooks
from . import registry as _registry
from .app import options
from .failure import Usage

extension_options = options(
    click.option("--hooks", metavar="MODULE:OBJECT", help="Tell these Hooks what happens."),
    click.option(
        "--plugin",
        "plugins",
        multiple=True,
        metavar="MODULE:OBJECT",
        help="Have this plugin register its hooks: an object, or a class or function that makes one; may be repeated.",
    ),
    click.option(
        "--state",
        metavar="MODULE:OBJECT",
        help="What handlers read from context.state: a mapping, or a function that makes one.",
    ),
)


def extensions(options: dict[str, Any]) -> dict[str, Any]:
    """Removes the names from the options of a command; returns what they name as arguments of Worker, the plugins as
    hooks.

    Raises Usage for a name that is none, and for an object that is not what it should be, or fails.
    """
    hooks, plugins, state = (options.pop(name) for name in ("hooks", "plugins", "state"))
    found: dict[str, Any] = {}
    if hooks:
        found["hooks"] = _found(hooks, "--hooks", _is_hooks, "Hooks")
    for name in plugins:
        plugin = _found(name, "--plugin", _is_plugin, "a plugin, with a method register")
        try:
            plugin.register(found.setdefault("hooks", Hooks()))
        except (Exception, SystemExit) as error:
            raise _registry.broken(f"{name} can't register its hooks", error) from error
    if state:
        found["state"] = _found(state, "--state", lambda value: isinstance(value, Mapping), "a mapping")
    return found


def _is_hooks(value: object) -> bool:
    return isinstance(value, Hooks)


def _is_plugin(value: object) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "register", None))


def _found(where: str, option: str, fits: Any, what: str) -> Any:
    """Returns the object that is named, or what it makes when it is called."""
    name, _, path = where.partition(":")
    if not path:
        raise Usage(f"{option} {where!r} names no object", hint=f"Write MODULE:OBJECT, as in {name}:metrics")
    value = _registry.named(_registry.import_module(name), path)
    if not fits(value) and callable(value):
        try:
            value = value()
        except (Exception, SystemExit) as error:
            raise _registry.broken(f"{where} can't be called", error) from error
    if not fits(value):
        raise Usage(f"{where} is of type {type(value).__name__}, not {what}")
    return value
