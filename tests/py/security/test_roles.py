"""Who may do what: a plain role owns the queue, others are allowed as much as grant_role says, as hard as they try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from graphile_worker import AsyncClient, Client, JobSpec, TaskRegistry, Worker, migrate
from tests import support
from tests.py.security.role_statements import ADD, BY_BOTH, BY_WORKERS, ON_JOBS, ON_TABLES
from tests.py.support.extension import SCHEMAS, as_role, grant, plain_role, rows


@dataclass
class Roles:
    """A database with a queue that a plain role owns, and another role."""

    superuser_url: str
    owner: str
    role: str
    schema: str

    @property
    def owner_url(self) -> str:
        return as_role(self.superuser_url, self.owner)

    @property
    def url(self) -> str:
        return as_role(self.superuser_url, self.role)

    def grant(self, kind: str) -> None:
        grant(self.owner_url, f"select {{}}.grant_role('{self.role}', '{kind}')", self.schema)

    def attempt(self, *statements: str) -> dict[str, str | None]:
        """The SQLSTATE that the role gets for each statement in the queue's schema, None where it succeeds."""
        outcomes: dict[str, str | None] = {}
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                try:
                    connection.execute(statement.replace("@", f'"{self.schema}"').encode())
                except psycopg.Error as error:
                    outcomes[statement] = error.sqlstate
                    connection.rollback()
                else:
                    outcomes[statement] = None
                    connection.commit()
        return outcomes

    def refused(self, *statements: str) -> None:
        # insufficient_privilege; nothing else will do, an error of the statement's own least of all.
        assert self.attempt(*statements) == dict.fromkeys(statements, "42501")

    def allowed(self, *statements: str) -> None:
        assert self.attempt(*statements) == dict.fromkeys(statements)


@pytest.fixture(params=SCHEMAS)
def roles(server_url: str, request: pytest.FixtureRequest) -> Iterator[Roles]:
    with (
        plain_role(server_url) as owner,
        plain_role(server_url) as role,
        support.temporary_database(server_url) as url,
    ):
        # Not the database, only a schema of it.
        grant(url, "create schema {} authorization {}", request.param, owner)
        found = Roles(url, owner, role, request.param)
        migrate(found.owner_url, schema=found.schema)
        with Client(found.owner_url, schema=found.schema) as client:
            client.add_job("secret", {"card": "4111"}, job_key="guessable", queue_name="q")
        yield found


def test_a_role_without_a_grant_can_do_nothing(roles: Roles) -> None:
    roles.refused(*ON_TABLES, *ON_JOBS, *BY_WORKERS, *BY_BOTH, *ADD)


def test_nor_can_one_that_only_gets_into_the_schema(roles: Roles) -> None:
    grant(roles.owner_url, "grant usage on schema {} to {}", roles.schema, roles.role)
    roles.refused(*ON_TABLES, *ON_JOBS, *BY_WORKERS, *BY_BOTH, *ADD)


def test_enqueue_adds_a_job_in_a_trigger_and_can_do_nothing_else(roles: Roles) -> None:
    roles.grant("enqueue")
    grant(roles.superuser_url, "create schema shop authorization {}", roles.role)
    with psycopg.connect(roles.url, autocommit=True) as connection:
        connection.execute(
            f"""
            create table shop.orders (id int generated always as identity primary key);
            create function shop.mail() returns trigger language plpgsql as $$
            begin
              perform "{roles.schema}".add_job('mail', json_build_object('order', new.id));
              return new;
            end;
            $$;
            create trigger mail after insert on shop.orders for each row execute function shop.mail();
            """
        )
        connection.execute("insert into shop.orders default values")
    with Client(roles.url, schema=roles.schema) as client:
        assert len(client.add_jobs([JobSpec(identifier="mail", payload=i) for i in range(3)])) == 3

    jobs = f'select id, task_id, payload::text, xmin::text from "{roles.schema}"._private_jobs order by id'
    found = rows(roles.owner_url, jobs)
    assert [row[2] for row in found] == ['{"card":"4111"}', '{"order" : 1}', "0", "1", "2"]
    roles.refused(*ON_TABLES, *ON_JOBS, *BY_WORKERS, *BY_BOTH)
    assert rows(roles.owner_url, jobs) == found


def test_enqueue_gets_the_job_whose_key_it_names(roles: Roles) -> None:
    """As docs/roles.md says: a key is a name, and add_job returns the job that has it."""
    roles.grant("enqueue")
    with Client(roles.url, schema=roles.schema) as client:
        job = client.add_job("mail", job_key="guessable", job_key_mode="unsafe_dedupe")
    assert job.payload == {"card": "4111"}


async def test_worker_runs_jobs_and_sees_no_others(roles: Roles) -> None:
    roles.grant("worker")
    tasks = TaskRegistry()

    async def follow_up(payload: dict[str, str]) -> None:
        async with AsyncClient(roles.url, schema=roles.schema) as client:
            await client.add_job("broken", payload, max_attempts=1)

    def broken(payload: dict[str, str]) -> None:
        raise ValueError(payload["card"])

    tasks.add(follow_up, "secret")
    tasks.add(broken, "broken")
    await Worker(roles.url, tasks, schema=roles.schema).run_once()
    with Client(roles.owner_url, schema=roles.schema) as client:
        (job,) = client.list_jobs()
    assert (job.task_identifier, job.job_state) == ("broken", "failed")
    assert "4111" in (job.last_error or "")

    roles.allowed(*BY_WORKERS, *BY_BOTH, *ADD)
    roles.refused(*ON_TABLES, *ON_JOBS)


def test_a_crontab_of_a_worker_does_not_take_what_an_operator_has_set(roles: Roles) -> None:
    kept = f'select identifier, task_identifier, file from "{roles.schema}"._private_schedules'
    with Client(roles.owner_url, schema=roles.schema) as client:
        client.set_schedule("s", cron="0 0 1 1 *", task="mail")
    roles.grant("worker")
    with psycopg.connect(roles.url) as connection:
        publish = f"""select identifier, error_code from "{roles.schema}".publish_schedules('f', %s)"""
        entries = '[{"task": "mine", "identifier": "s", "cron": "* * * * *"}]'
        assert connection.execute(publish.encode(), [entries]).fetchall() == [("s", "GWROS")]
        connection.execute(publish.encode(), ["[]"])
    assert rows(roles.owner_url, kept) == [("s", "mail", None)]


def test_operator_sees_and_changes_jobs_but_neither_adds_nor_claims(roles: Roles) -> None:
    roles.grant("operator")
    with Client(roles.url, schema=roles.schema) as client:
        assert client.stats().total == 1
        assert client.list_jobs(search="4111")[0].key == "guessable"
        job = client.show_job(1)
        assert job is not None
        assert job.payload == {"card": "4111"}
        assert [queue.queue_name for queue in client.list_queues()] == ["q"]
        assert [job.id for job in client.reschedule_jobs([1], priority=5)] == [1]
        assert [job.id for job in client.permanently_fail_jobs([1], "no")] == [1]
        assert client.remove_job("guessable") is not None
        assert client.cleanup()["gc_job_queues"] == 1
    roles.allowed(*ON_JOBS, *BY_BOTH)
    roles.refused(*ON_TABLES, *BY_WORKERS, *ADD)


def test_none_takes_it_back(roles: Roles) -> None:
    for kind in ("enqueue", "worker", "operator", "none"):
        roles.grant(kind)
    roles.refused(*ON_TABLES, *ON_JOBS, *BY_WORKERS, *BY_BOTH, *ADD)


def test_through_a_group(roles: Roles, server_url: str) -> None:
    roles.grant("enqueue")
    with plain_role(server_url) as member:
        grant(roles.superuser_url, "grant {} to {}", roles.role, member)
        with Client(as_role(roles.superuser_url, member), schema=roles.schema) as client:
            assert client.add_job("t").id == 2


def test_names_in_the_callers_search_path_are_not_called_as_the_owner(roles: Roles) -> None:
    for kind in ("enqueue", "worker", "operator"):
        roles.grant(kind)
    grant(roles.superuser_url, "create schema evil authorization {}", roles.role)
    grant(
        roles.superuser_url, "grant temporary on database {} to {}", roles.superuser_url.rpartition("/")[2], roles.role
    )
    # Functions and operators of PostgreSQL's that the bodies use, and tables by the names of its catalogs.
    functions = {
        "now()": "timestamptz",
        "random()": "double precision",
        "length(text)": "integer",
        "pg_notify(text, text)": "void",
        "format(text, text)": "text",
        "json_typeof(json)": "text",
        "floor(double precision)": "double precision",
        "greatest_of(integer, integer)": "boolean",
    }
    evil = [
        f"create function evil.{signature} returns {result} language plpgsql as $$"
        " begin insert into evil.log values (current_user::text); return"
        f"{'' if result == 'void' else ' null'}; end $$"
        for signature, result in functions.items()
    ]
    evil += [
        "create operator evil.= (leftarg = integer, rightarg = integer, function = evil.greatest_of)",
        "create operator evil.> (leftarg = integer, rightarg = integer, function = evil.greatest_of)",
        "create temp table pg_proc (oid oid)",
        "create temp table _private_jobs (id bigint)",
        "set search_path to evil, pg_temp, pg_catalog",
    ]
    statements = [
        *ADD,
        *BY_WORKERS,
        *BY_BOTH,
        *ON_JOBS,
        "select @.add_job('t', '[]', 'q', job_key => 'k', flags => '{f}')",
    ]
    with psycopg.connect(roles.url, autocommit=True) as connection:
        connection.execute("create table evil.log (name text); grant all on evil.log to public")
        connection.execute("grant usage on schema evil to public")
        for statement in evil:
            connection.execute(statement.encode())
        # The trap works.
        connection.execute("select evil.log.name, random() from evil.log right join (select 1) as x on true")
        assert rows(roles.url, "select distinct name from evil.log") == [(roles.role,)]
        connection.execute("delete from evil.log")
        for statement in statements:
            connection.execute(statement.replace("@", f'"{roles.schema}"').encode())
    # What the statements themselves call is theirs; nothing was called by the owner.
    assert rows(roles.url, f"select count(*) from evil.log where name = '{roles.owner}'") == [(0,)]


def test_grants_outlive_a_release_and_extend_to_what_it_adds(roles: Roles) -> None:
    roles.grant("worker")
    grant(roles.owner_url, "drop function {}.worker_heartbeat(text, json)", roles.schema)
    migrate(roles.owner_url, schema=roles.schema)
    roles.allowed(*BY_WORKERS, *BY_BOTH, *ADD)
    roles.refused(*ON_TABLES, *ON_JOBS)


def test_a_grant_of_a_single_function_stays_that(roles: Roles) -> None:
    grant(roles.owner_url, "grant usage on schema {} to {}", roles.schema, roles.role)
    grant(roles.owner_url, "grant execute on function {}.stats() to {}", roles.schema, roles.role)
    grant(roles.owner_url, "drop function {}.list_crontabs()", roles.schema)
    migrate(roles.owner_url, schema=roles.schema)
    roles.allowed("select @.stats()")
    roles.refused("select @.list_crontabs()", "select @.list_jobs()", "select from @.jobs")
