"""The fixtures that an application's tests take from `graphile_worker.testing.pytest_plugin`."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg


def test_the_fixtures(server_url: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        textwrap.dedent("""
            import psycopg, pytest

            pytest_plugins = ["graphile_worker.testing.pytest_plugin"]

            @pytest.fixture(scope="session")
            def graphile_worker_schema():
                return "My Queue"

            @pytest.fixture(scope="session")
            def graphile_worker_prepare():
                def prepare(url):
                    with psycopg.connect(url) as connection:
                        connection.execute("create table orders (id int)")
                return prepare
        """)
    )
    (tmp_path / "test_app.py").write_text(
        textwrap.dedent("""
            import psycopg, pytest
            from graphile_worker import Client
            from graphile_worker.testing import jobs_of

            @pytest.mark.parametrize("turn", [1, 2])
            def test_fresh_every_time(graphile_worker_database, turn):
                assert jobs_of(graphile_worker_database, schema="My Queue") == []
                with Client(graphile_worker_database, schema="My Queue") as client:
                    client.add_job("x")
                with psycopg.connect(graphile_worker_database) as connection:
                    connection.execute("insert into orders values (1)")
                    assert connection.execute("select count(*) from orders").fetchone() == (1,)
                    with open("names", "a") as names:
                        print(connection.info.dbname, file=names)
                # Somebody who forgets to leave is no obstacle.
                globals()[f"left open {turn}"] = psycopg.connect(graphile_worker_database)
        """)
    )
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "TEST_DATABASE_URL": server_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout
    names = (tmp_path / "names").read_text().split()
    assert len(set(names)) == 2
    with psycopg.connect(server_url) as connection:
        assert connection.execute("select datname from pg_database where datname = any(%s)", [names]).fetchall() == []
