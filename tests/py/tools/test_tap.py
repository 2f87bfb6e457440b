"""The runner of the pgTAP files: what passes, and above all what does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import support
from tests.sql.tap import TapFailure, run_file

# What pgTAP does, as far as these tests need it: they are about the runner, and must not depend on the queue's schema.
PGTAP = Path(__file__).parents[2] / "vendor" / "pgtap.sql"


@pytest.fixture(scope="module")
def tap_database(server_url: str) -> Iterator[str]:
    with support.temporary_database(server_url, label="runner") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(PGTAP.read_bytes())
        yield url


@pytest.fixture
def run(tap_database: str, tmp_path: Path):
    def run_text(text: str) -> None:
        path = tmp_path / "test_something.sql"
        path.write_text(text)
        run_file(tap_database, path)

    return run_text


def test_passes_when_all_is_well(run) -> None:
    run(
        """
        select plan(4);
        select 'setup that is not TAP', 1;
        create table rolled_back ();
        select ok(true, 'fine');
        select is(array[1, 2], array[1, 2]);
        select throws_ok('select 1 / 0', '22012');
        select todo('not yet', 1);
        select ok(false, 'expected to fail for now');
        select * from finish();
        """
    )


def test_rolls_back(run, tap_database: str) -> None:
    run("select plan(1); create table left_behind (); select pass(); select * from finish();")
    with psycopg.connect(tap_database) as connection:
        assert connection.execute("select to_regclass('left_behind')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("select plan(2); select is(1, 2, 'one is 2'); select pass(); select * from finish();", "not ok 1 - one is 2"),
        ("select plan(2); select is(1, 2, 'one is two'); select pass(); select * from finish();", "have: 1"),
        ("select plan(3); select pass(); select * from finish();", "3 tests planned, 1 run"),
        ("select plan(1); select pass(); select pass(); select * from finish();", "1 tests planned, 2 run"),
        ("select * from no_plan(); select pass();", "no plan"),
        ("select 1;", "no plan"),
        ("select 'ok 1';", "no plan"),
        ("select '1..0';", "no test run"),
        ("select plan(1); select pass(); commit; select * from finish();", "the file ended the transaction"),
        ("select plan(1); select 'Bail out! disk full';", "bailed out: disk full"),
        ("select plan(2); select pass('fine');\n\nselect nosuch();", "at line 3 of the file"),
        ("select plan(2); select pass('fine');\n\nselect nosuch();", "after test 1 - fine"),
        ("select plan(2); select is(1, 2, 'wrong'); select nosuch();", "not ok 1 - wrong"),
        ("select plan(1); do $$begin raise notice 'look here'; end$$; select fail();", "NOTICE: look here"),
        ("select plan(1); select pass(); copy (select 1) to stdout;", "copy"),
    ],
)  # fmt: skip
def test_fails_with_a_report(run, text: str, complaint: str) -> None:
    with pytest.raises(TapFailure) as failure:
        run(text)
    assert complaint in str(failure.value)
