"""The log of `run`: a line or an object for each record, with nothing in it that steers a terminal."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graphile_worker._cli import log as _log


def record(message: str, *args: object, error: BaseException | None = None, **fields: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("graphile_worker", logging.WARNING, __file__, 1, message, args, info)
    made.created = 1_900_000_000.25
    made.__dict__.update(fields)
    return made


def test_lines() -> None:
    line = _log._Lines().format(record("job %s\x1b[31m", "a\r"))
    assert line.endswith(r" WARNING job a\r\x1b[31m")


def test_objects_have_the_fields_of_the_job() -> None:
    entry = json.loads(_log._JsonLines().format(record("%d jobs", 2, job_id=7, odd=object)))
    assert entry == {
        "time": "2030-03-17T17:46:40.250Z",
        "level": "warning",
        "logger": "graphile_worker",
        "message": "2 jobs",
        "job_id": 7,
        "odd": str(object),
    }


def test_an_exception_is_one_line_of_json() -> None:
    text = _log._JsonLines().format(record("it failed", error=ValueError("so\nthere")))
    assert "\n" not in text
    assert json.loads(text)["exception"] == "ValueError: so\nthere"


@contextmanager
def untouched_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """A root logger that nobody has set up, within the block only: pytest has handlers on the real one."""
    root = logging.RootLogger(logging.WARNING)
    with monkeypatch.context() as patch:
        patch.setattr(logging, "getLogger", lambda name=None: root)
        yield root


@pytest.mark.parametrize(("as_json", "formatter"), [(True, _log._JsonLines), (False, _log._Lines)])
def test_configure_logs_to_stderr(monkeypatch: pytest.MonkeyPatch, as_json: bool, formatter: type) -> None:
    with untouched_root(monkeypatch) as root:
        _log.configure("debug", as_json=as_json)
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
    assert isinstance(handler.formatter, formatter)
    assert root.level == logging.DEBUG


def test_an_application_that_has_set_up_logging_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    own = logging.NullHandler()
    with untouched_root(monkeypatch) as root:
        root.addHandler(own)
        _log.configure("debug", as_json=True)
    assert root.handlers == [own]
    assert root.level == logging.WARNING
