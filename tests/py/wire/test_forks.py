"""What a forked child must not share with its parent."""

from __future__ import annotations

import gc
import os

import psycopg

from graphile_worker._wire.forks import abandon, anew_in_children


class Holder:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.connections = [connection]

    def start_anew(self) -> None:
        connections, self.connections = self.connections, []
        abandon(connections)


def test_the_child_lets_go_and_the_parent_goes_on(server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        holder = Holder(connection)
        anew_in_children(holder)
        number = connection.fileno()
        if (pid := os.fork()) == 0:
            code = 1
            try:
                gc.collect()
                try:
                    os.fstat(number)
                except OSError:
                    # Closed for this process.
                    code = 0 if holder.connections == [] else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert holder.connections == [connection]
        assert connection.execute("select 1").fetchone() == (1,)


def test_what_is_gone_is_not_held(server_url: str) -> None:
    with psycopg.connect(server_url) as connection:
        holder = Holder(connection)
        anew_in_children(holder)
        found = [one for one in gc.get_referrers(holder) if isinstance(one, set)]
        assert found == []
