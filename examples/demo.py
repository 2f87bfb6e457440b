"""A row is inserted, a trigger adds a job, a worker runs it: on an embedded PostgreSQL that leaves nothing behind.

Run it with `make demo`.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from graphile_worker import Client, EmbeddedServer, JobContext, TaskRegistry, Worker, migrate

SCHEMA = """
create table users (
  id integer generated always as identity primary key,
  name text not null,
  email text not null
);

-- The job is part of the transaction that inserts the row: both are there, or neither is.
create function welcome_new_user() returns trigger
language plpgsql as $$
begin
  perform graphile_worker.add_job(
    'send_welcome',
    json_build_object('to', new.email, 'name', new.name),
    job_key => 'welcome:' || new.id
  );
  return new;
end;
$$;

create trigger welcome_new_user after insert on users
for each row execute function welcome_new_user();
"""

tasks = TaskRegistry()


@dataclass
class Welcome:
    """The payload of `send_welcome`; one that does not fit fails the job with an error that says where."""

    to: str
    name: str


@tasks.task
async def send_welcome(payload: Welcome, context: JobContext) -> None:
    print(f"  job {context.job.id}: welcome {payload.name} <{payload.to}>")


def show_stats(client: Client) -> None:
    stats = asdict(client.stats())
    print("  " + ", ".join(f"{name} {value}" for name, value in stats.items() if value is not None))


def main(url: str) -> None:
    print("Installing the schema graphile_worker")
    migrate(url, progress=lambda line: print(f"  {line}"))

    # An application's own connection: what the client does there is part of its transactions.
    connection: psycopg.Connection[Any]
    with psycopg.connect(url) as connection, Client(connection) as client:
        connection.execute(SCHEMA.encode())
        print("Inserting three users in one transaction")
        for name in ("Ada", "Grace", "Linus"):
            connection.execute("insert into users (name, email) values (%s, %s)", (name, f"{name.lower()}@example.com"))
        connection.commit()
        print("Inserting a fourth, and rolling back: no row, no job")
        connection.execute("insert into users (name, email) values ('Nobody', 'nobody@example.com')")
        connection.rollback()

        print("select * from graphile_worker.stats(), before")
        show_stats(client)
        connection.commit()

        print("Running the worker until nothing is due")
        asyncio.run(Worker(url, tasks, concurrency=4).run_once())

        print("select * from graphile_worker.stats(), after")
        show_stats(client)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    print("Starting the embedded PostgreSQL")
    server = EmbeddedServer(tempfile.mkdtemp(prefix="graphile-worker-demo-"))
    try:
        with server:
            main(server.url)
    finally:
        server.remove()
    print("Done; the server has stopped and its data is gone")
