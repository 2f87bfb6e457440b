"""Measures what schedules cost: next_ticks, a look where nothing is due, and a tick among 10,000 schedules.

    python tools/bench_schedules.py [--schedules 10000]

On an embedded server. Prints milliseconds, the median and the 95th percentile.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from statistics import quantiles
from typing import Any

import psycopg

from graphile_worker import EmbeddedServer, migrate

EXPRESSIONS = ("* * * * *", "0 8 * * 1", "30 2 * * *", "0 0 29 2 *", "59 23 31 12 *")
ZONES = ("UTC", "Europe/Paris", "America/Asuncion")
_RUNS = 40


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedules", type=int, default=10_000)
    count = parser.parse_args().schedules
    server = EmbeddedServer(tempfile.mkdtemp(prefix="bench-schedules-"))
    try:
        url = server.start().url
        migrate(url)
        with psycopg.connect(url, autocommit=True, options="-c search_path=graphile_worker") as connection:
            for expression in EXPRESSIONS:
                for zone in ZONES:
                    _report(f"next_ticks('{expression}', '{zone}')", _next_ticks(connection, expression, zone))
            connection.execute(
                """
                select set_schedule(
                  's' || n, mod(n, 60) || ' ' || mod(n / 60, 24) || ' * * *', task => 'task' || mod(n, 50),
                  time_zone => (%s::text[])[1 + mod(n, 3)]
                )
                from generate_series(1, %s) as n
                """,
                [list(ZONES), count],
            )
            connection.execute("analyze")
            _report("next_schedule(), nothing due", [_timed(connection, "next_schedule()", 0) for _ in range(_RUNS)])
            for due in (1, max(1, count // 1440), max(1, count // 60)):
                times = [_tick(connection, due) for _ in range(_RUNS)]
                _report(f"schedule_due_jobs(), {due} due of {count}", times)
    finally:
        server.stop("immediate")
        server.remove()


def _next_ticks(connection: psycopg.Connection[Any], expression: str, zone: str) -> list[float]:
    """Measured on the server, from starts all over twenty years."""
    connection.execute("create temporary table if not exists times (took float8)")
    connection.execute("truncate times")
    connection.execute(
        f"""
        do $$
        declare
          v_began timestamptz;
        begin
          for n in 0..999 loop
            v_began := clock_timestamp();
            perform graphile_worker.next_ticks(
              '{expression}', '2020-01-01'::timestamptz + n * '7 days 03:07'::interval, '{zone}'
            );
            insert into times values (extract(epoch from clock_timestamp() - v_began) * 1000);
          end loop;
        end;
        $$
        """.encode()
    )
    return [row[0] for row in connection.execute("select took from times").fetchall()]


def _tick(connection: psycopg.Connection[Any], due: int) -> float:
    connection.execute("truncate _private_jobs")
    connection.execute("update _private_known_crontabs set last_execution = null where last_execution is not null")
    connection.execute(
        """
        update _private_schedules set next_tick = date_trunc('minute', now())
        where identifier in (select identifier from _private_schedules order by random() limit %s)
        """,
        [due],
    )
    return _timed(connection, "schedule_due_jobs()", due)


def _timed(connection: psycopg.Connection[Any], call: str, due: int) -> float:
    began = time.perf_counter()
    found = connection.execute(f"select * from {call}".encode()).fetchall()
    took = (time.perf_counter() - began) * 1000
    assert not due or len(found) == due
    return took


def _report(what: str, times: list[float]) -> None:
    marks = quantiles(times, n=20)
    print(f"{what:<50} median {marks[9]:7.2f}  p95 {marks[18]:7.2f}")


if __name__ == "__main__":
    main()
