"""What goes wrong between the command and its queue: a line, a hint, an exit code, and never a password."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from graphile_worker import migrate
from graphile_worker._embedded import EmbeddedServer
from tests import support
from tests.py.support.command import invoke, invoke_line, process

# Each command that needs the schema, as it is called.
CALLS = [["add", "hello"], ["list"], ["show", "1"], ["stats"], ["queues"], ["workers"]]


def with_options(url: str, settings: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options={quote(settings)}"


@pytest.mark.parametrize("call", [["migrate"], *CALLS], ids=lambda call: call[0])
def test_no_database_names_the_ways_to_name_one(call: list[str]) -> None:
    result = invoke(*call)
    assert result.exit_code == 2
    assert result.stderr == (
        "error: no database is named\n"
        "hint: Give --database-url postgresql://user@host/name, set DATABASE_URL or PGHOST and PGDATABASE,"
        " or try --embedded\n"
    )


@pytest.mark.parametrize("call", [["migrate"], *CALLS], ids=lambda call: call[0])
def test_unreachable_server(call: list[str]) -> None:
    result = invoke(*call, url="postgresql://ada@127.0.0.1:1/app")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: no connection to 127.0.0.1:1/app: Connection refused\n"
        "hint: Is the server running, and is the address in DATABASE_URL right?\n"
    )


def test_several_unreachable_servers_take_one_line() -> None:
    result = invoke("stats", "--database-url", "postgresql://127.0.0.1:1,127.0.0.1:2/app")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "error: no connection to 127.0.0.1:1,127.0.0.1:2/app: Connection refused"


def test_unknown_host() -> None:
    result = invoke("stats", url="postgresql://nosuch.invalid/app")
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: no connection to nosuch.invalid/app: ")
    assert hint.startswith("hint: Is the server running")


def test_missing_database(database: str) -> None:
    url = support.database_url(database, "no_such_database")
    result = invoke("stats", url=url)
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.endswith(': database "no_such_database" does not exist')
    assert hint == "hint: Create it with createdb, or correct the address in DATABASE_URL"


def test_wrong_and_missing_password(restartable_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    right = restartable_server.url
    password = urlsplit(right).password
    assert password

    result = invoke("stats", "--database-url", right.replace(password, "s3cret"))
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.endswith('password authentication failed for user "postgres"')
    assert hint == "hint: Check user and password in --database-url"

    result = invoke("stats", url=right.replace(f":{password}@", "@"))
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: no connection to 127.0.0.1")
    assert hint == "hint: Give one in DATABASE_URL, in PGPASSWORD or in ~/.pgpass"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ada:s3cret@127.0.0.1:1/app",
        "postgresql://ada@127.0.0.1:1/app?password=s3cret",
        "host=127.0.0.1 port=1 password=s3cret",
        # Where the password has characters that should have been percent-encoded, libpq quotes parts of it.
        "postgresql://ada:pre@s3cret@127.0.0.1:1/app",
        "postgresql://ada:12/s3cret@127.0.0.1:1/app",
        "postgresql://ada:s3cret/x@127.0.0.1:1/app",
        "postgresql://ada:s3cret%zz@127.0.0.1:1/app",
        "postgresql://ada:[s3cret@127.0.0.1:1/app",
        "postgresql+psycopg://ada:s3cret@127.0.0.1:1/app",
        "ada:s3cret@127.0.0.1:1/app",
        "host=127.0.0.1 port=1 password=two s3cret",
        "host=127.0.0.1 port=1 password='s3cret",
        "s3cret",
    ],
)
@pytest.mark.parametrize("given", ["option", "variable"])
def test_passwords_are_never_printed(address: str, given: str) -> None:
    result = invoke("stats", "--database-url", address) if given == "option" else invoke("stats", url=address)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "hint: " in result.stderr
    assert "s3cret" not in result.output


def test_a_hint_that_repeats_the_address_has_no_password(empty_database: str) -> None:
    parts = urlsplit(empty_database)
    url = parts._replace(netloc=f"{parts.username}:s3cret@{parts.hostname}:{parts.port}").geturl()
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        pytest.skip("this server looks at passwords")
    result = invoke("stats", "--database-url", url)
    assert f"graphile-worker --database-url '{url.replace('s3cret', '***')}' migrate" in result.stderr


@pytest.mark.parametrize("schema", ["graphile_worker", "My Queue"])
def test_schema_not_installed_names_the_command_that_installs_it(empty_database: str, schema: str) -> None:
    args = ["--schema", schema] if schema != "graphile_worker" else []
    installers = set()
    for call in CALLS:
        result = invoke(*args, *call, url=empty_database)
        assert result.exit_code == 2, call
        error, hint = result.stderr.splitlines()
        assert error == f'error: schema "{schema}" is not installed in this database', call
        words, command = hint.split(": ", 2)[1:]
        assert words == "Install it", call
        installers.add(command)

    [installer] = installers
    assert invoke_line(installer, url=empty_database).exit_code == 0
    for call in CALLS:
        assert invoke(*args, *call, url=empty_database).exit_code == 0, call


def test_run_without_the_schema(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "tasks_here.py").write_text(
        "from graphile_worker import TaskRegistry\ntasks = TaskRegistry()\n@tasks.task\ndef hello(): ...\n"
    )
    with process("--schema", "other", "run", "tasks_here", url=empty_database, cwd=tmp_path) as child:
        _, stderr = child.communicate(timeout=30)
    assert child.returncode == 2
    assert stderr.endswith(
        'error: schema "other" is not installed in this database\n'
        "hint: Install it: graphile-worker --schema other migrate\n"
    )
    assert "Traceback" not in stderr


def test_a_schema_that_is_not_ours(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema graphile_worker")
    result = invoke("stats", url=empty_database)
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.startswith('error: schema "graphile_worker" is not that of this release: function ')
    assert hint == "hint: Bring it up to date: graphile-worker migrate"


def test_a_schema_of_a_newer_release(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop function graphile_worker.stats cascade")
        result = invoke("stats", url=database)
        assert (result.exit_code, result.stderr.splitlines()[1]) == (
            2,
            "hint: Bring it up to date: graphile-worker migrate",
        )
        connection.execute(
            "insert into graphile_worker._private_migrations (id, name, breaking) values (999, '999_later', true)"
        )
    result = invoke("stats", url=database)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        'error: schema "graphile_worker" is that of a newer release: it has migration 999_later',
        "hint: Install that release: pip install --upgrade graphile-worker",
    ]


def test_a_schema_of_a_newer_release_is_not_changed(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into graphile_worker._private_migrations (id, name, breaking) values (999, '999_later', true)"
        )
        for call in (
            ["add", "t"],
            ["retry", "--state", "all"],
            ["cleanup"],
            ["pause", "--task", "t"],
            ["complete", "1"],
        ):
            result = invoke(*call, url=database)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr.startswith('error: schema "graphile_worker" is that of a newer release')
        for call in (["list"], ["stats"], ["pause"], ["workers"], ["crontab", "list"]):
            assert invoke(*call, url=database).exit_code == 0
    for call in (["migrate"], ["migrate", "--dry-run"]):
        result = invoke(*call, url=database)
        assert (result.exit_code, "has the breaking revision 999" in result.stderr) == (2, True)


def test_a_schema_name_that_can_not_be(database: str) -> None:
    result = invoke("--schema", "a$b", "stats", url=database)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: bad schema name 'a$b'")


def test_no_permission(database: str) -> None:
    guest = f"{support.RUN}_guest"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {}").format(sql.Identifier(guest)))
        try:
            for call in (["migrate", "--schema", "new"], *CALLS):
                result = invoke(*call, url=with_options(database, f"-c role={guest}"))
                assert result.exit_code == 2, call
                error, hint = result.stderr.splitlines()
                assert "permission denied for " in error, call
                assert hint.startswith(("hint: Connect as the owner", "hint: Migrate as the owner")), call
        finally:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(guest)))


def test_a_server_that_is_read_only(database: str) -> None:
    result = invoke("add", "hello", url=with_options(database, "-c default_transaction_read_only=on"))
    assert result.exit_code == 2
    error, hint = result.stderr.splitlines()
    assert error.endswith("in a read-only transaction")
    assert "connect to the primary" in hint


@pytest.mark.parametrize("settings", ["-c datestyle=German", "-c intervalstyle=iso_8601", "-c timezone=Asia/Tokyo"])
def test_defaults_of_the_database_do_not_get_in_the_way(database: str, settings: str) -> None:
    url = with_options(database, settings)
    result = invoke("add", "hello", "--run-at", "2020-02-03T04:05:06Z", "--json", url=url)
    assert json.loads(result.stdout)["run_at"] == "2020-02-03T04:05:06.000000Z"
    assert json.loads(invoke("stats", "--json", url=url).stdout)["oldest_ready_age"] > 86_400


class Stuck:
    """A command in a process of its own that waits for a lock, so that something can happen to it meanwhile."""

    def __init__(self, url: str) -> None:
        self.lock = psycopg.connect(url)
        # Not in that transaction, which goes on seeing the activity that it saw first.
        self.watch = psycopg.connect(url, autocommit=True)
        self.lock.execute("lock table graphile_worker._private_jobs in access exclusive mode")
        self.process = process("stats", url=url)
        self.pid = support.wait_until(self._waiting, timedelta(seconds=30), "the command to wait for the lock")

    def _waiting(self) -> int | None:
        found = self.watch.execute(
            "select pid from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock' and query like '%.stats()%'"
        ).fetchone()
        return found[0] if found else None

    def end(self) -> tuple[int, str]:
        """The exit code, and what the command said on stderr."""
        try:
            _, stderr = self.process.communicate(timeout=30)
        finally:
            self.process.kill()
            self.lock.close()
            self.watch.close()
        return self.process.returncode, stderr


def test_interrupted(database: str) -> None:
    stuck = Stuck(database)
    stuck.process.send_signal(signal.SIGINT)
    exit_code, stderr = stuck.end()
    assert exit_code == 130
    assert stderr.strip() == "error: interrupted"


def test_connection_lost(database: str) -> None:
    stuck = Stuck(database)
    stuck.watch.execute("select pg_terminate_backend(%s)", [stuck.pid])
    exit_code, stderr = stuck.end()
    assert exit_code == 2
    assert stderr.startswith("error: the connection was lost: terminating connection")
    assert len(stderr.splitlines()) == 2


def test_cancelled_by_the_server(database: str) -> None:
    stuck = Stuck(database)
    stuck.watch.execute("select pg_cancel_backend(%s)", [stuck.pid])
    assert stuck.end() == (1, "error: canceling statement due to user request\n")


def test_warnings_look_like_the_other_lines(empty_database: str) -> None:
    """A newer revision that is not breaking: migrate warns and goes on."""
    migrate(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("insert into graphile_worker.migrations (id, breaking) values (9999, false)")
    with process("migrate", url=empty_database) as child:
        stdout, stderr = child.communicate(timeout=30)
    assert (child.returncode, stdout) == (0, "schema graphile_worker is up to date\n")
    [warning] = stderr.splitlines()
    assert warning.startswith("warning: ")
    assert "9999" in warning
