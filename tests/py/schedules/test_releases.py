"""One crontab in two releases, whose workers run side by side: the file of the one that started last is in force."""

from __future__ import annotations

from graphile_worker import AsyncClient, Crontab
from graphile_worker._worker.crontab_publisher import CrontabPublisher
from tests.py.support.sessions import Background, connect, connections

OLD = """select publish_schedules('f', '[{"task": "a", "cron": "1 * * * *"}, {"task": "old", "cron": "1 * * * *"}]',
    started_at => now() - interval '1 hour')"""
NEW = """select publish_schedules('f', '[{"task": "a", "cron": "2 * * * *"}, {"task": "new", "cron": "2 * * * *"}]')"""
LISTED = "select identifier, cron, is_in_file from list_schedules()"
IN_FORCE = [("a", "2 * * * *", True), ("new", "2 * * * *", True), ("old", "1 * * * *", False)]


def test_who_publishes_at_the_same_time_waits_and_the_later_start_wins(shared_database: str) -> None:
    for first, second in ((OLD, NEW), (NEW, OLD)):
        with connections(shared_database, 2) as (one, two), connect(shared_database) as monitor:
            monitor.execute("delete from _private_schedules")
            one.execute(first.encode())
            waiting = Background(two, second)
            waiting.wait_blocked(monitor)
            one.commit()
            waiting.result()
            two.commit()
            assert monitor.execute(LISTED).fetchall() == IN_FORCE


async def test_a_worker_that_publishes_again_does_not_bring_its_file_back(shared_database: str) -> None:
    async with AsyncClient(shared_database) as client:
        old = CrontabPublisher(Crontab.parse("1 * * * * a\n1 * * * * old", "f"))
        await old.publish(client)
        new = CrontabPublisher(Crontab.parse("2 * * * * a\n2 * * * * new", "f"))
        await new.publish(client)
        # After a fault.
        await old.publish(client)
        with connect(shared_database) as monitor:
            assert monitor.execute(LISTED).fetchall() == IN_FORCE
        # The old one started anew: rolled back.
        await CrontabPublisher(old.crontab).publish(client)
        with connect(shared_database) as monitor:
            assert monitor.execute(LISTED).fetchall() == [
                ("a", "1 * * * *", True), ("new", "2 * * * *", False), ("old", "1 * * * *", True)
            ]  # fmt: skip
