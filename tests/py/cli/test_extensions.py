"""Hooks, plugins and state that `run` is told by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.py.cli.recorded_run import error_of, options_of

MODULE = """
from graphile_worker import Hooks

registered = []

class Metrics:
    def register(self, hooks):
        registered.append((self, hooks))

class Failing:
    def register(self, hooks):
        raise RuntimeError("no room")

def leaves():
    raise SystemExit(4)

class Picky:
    def __init__(self, port): ...

    def register(self, hooks): ...

def a_plugin():
    return Metrics()

def broken():
    raise ValueError("no port")

class Nested:
    hooks = Hooks()

one = Metrics()
hooks = Hooks()
state = {"mailer": "smtp"}

def fresh_state():
    return {"mailer": "made"}
"""


@pytest.fixture
def module(folder: Path) -> Path:
    (folder / "extras.py").write_text(MODULE)
    return folder


def test_hooks(module: Path) -> None:
    found = options_of("one_tasks", "--hooks", "extras:hooks")["hooks"]
    nested = options_of("one_tasks", "--hooks", "extras:Nested.hooks")["hooks"]
    extras = sys.modules["extras"]
    assert found is extras.hooks
    assert nested is extras.Nested.hooks


def test_plugins_in_their_order(module: Path) -> None:
    given = ("--plugin", "extras:one", "--plugin", "extras:Metrics", "--plugin", "extras:a_plugin")
    hooks = options_of("one_tasks", *given)["hooks"]
    extras = sys.modules["extras"]
    assert [told for _, told in extras.registered] == [hooks] * 3
    assert extras.registered[0][0] is extras.one
    options_of("one_tasks", "--hooks", "extras:hooks", *given[:2])
    assert extras.registered[3:] == [(extras.one, extras.hooks)]


def test_state(module: Path) -> None:
    assert options_of("one_tasks", "--state", "extras:state")["state"] == {"mailer": "smtp"}
    assert options_of("one_tasks", "--state", "extras:fresh_state")["state"] == {"mailer": "made"}


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("--hooks", "extras", "--hooks 'extras' names no object\nhint: Write MODULE:OBJECT"),
        ("--hooks", "extras:nosuch", "module extras has no nosuch\n"),
        ("--hooks", "nosuch_here:hooks", "no module named nosuch_here\nhint: It is looked for in "),
        ("--hooks", "extras:one", "extras:one is of type Metrics, not Hooks\n"),
        ("--hooks", "extras:Metrics", "extras:Metrics is of type Metrics, not Hooks\n"),
        ("--plugin", "extras:state", "extras:state is of type dict, not a plugin, with a method register\n"),
        ("--plugin", "extras:Picky", "extras:Picky can't be called: TypeError: "),
        ("--plugin", "extras:broken", "extras:broken can't be called: ValueError: no port\n  File "),
        ("--plugin", "extras:Failing", "extras:Failing can't register its hooks: RuntimeError: no room\n  File "),
        ("--plugin", "extras:leaves", "extras:leaves can't be called: SystemExit: 4\n  File "),
        ("--state", "extras:one", "extras:one is of type Metrics, not a mapping\n"),
    ],
)
def test_what_is_none_of_these(module: Path, option: str, name: str, message: str) -> None:
    error = error_of("one_tasks", option, name)
    assert error.startswith(f"error: {message}".replace("\n  File", "\n    File"))
    # Nothing of ours is in the way of theirs.
    assert "_cli" not in error
