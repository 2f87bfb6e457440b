"""Crontabs as a whole: from a file, and from whatever a worker takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphile_worker import Cron, Crontab, CrontabError, InvalidArgument


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "crontab"
    path.write_bytes('0 8 * * * a {"x": "ü"}\n60 * * * * b\n'.encode())
    with pytest.raises(CrontabError) as caught:
        Crontab.read(path)
    assert str(caught.value) == f"{path}:2:1: bad minute 60. A minute is 0 to 59"
    path.write_bytes('0 8 * * * a {"x": "ü"}\n'.encode())
    assert Crontab.of(path)["a"].payload == {"x": "ü"}
    path.write_bytes('# ü\n0 8 * * * a {"x": "ü"}\n'.encode("latin-1"))
    with pytest.raises(CrontabError, match=":1:3: this is not UTF-8"):
        Crontab.read(path)


def test_the_example_is_good_and_its_tasks_are_there() -> None:
    from examples.tasks import tasks

    crontab = Crontab.read(Path(__file__).parents[3] / "examples" / "crontab")
    assert len(crontab) == 3
    assert {entry.task for entry in crontab} <= set(tasks)


def test_a_crontab_is_made_from_what_a_worker_takes() -> None:
    entry = Cron.daily_at(8, task="t")
    assert Crontab.of("0 8 * * * t") == Crontab.of(entry) == Crontab.of([entry]) == Crontab.of(Crontab([entry]))
    with pytest.raises(InvalidArgument, match="two crontab entries have the id 't'"):
        Crontab([entry, Cron.hourly(task="t")])
