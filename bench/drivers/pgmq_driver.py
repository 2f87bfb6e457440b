"""pgmq by its Python client and the SQL its wheel ships. A message queue has no worker: here it is the plain loop read,
call the handler, delete_batch. quantity: messages per read.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import time

import pgmq
import psycopg
from pgmq import PGMQueue

from bench.drivers import common

QUEUE = "bench"
QUANTITY = common.OPTIONS.get("quantity", 500)
BULK_CALL = common.OPTIONS.get("bulk_call", 5_000)


def _setup() -> None:
    with psycopg.connect(common.URL) as connection:
        connection.execute(pgmq.get_embedded_install_sql())
        connection.execute("select pgmq.create(%s)", (QUEUE,))


def _work(queue: PGMQueue) -> None:
    counter = common.Counter()
    counter.report()
    while True:
        messages = queue.read(QUEUE, vt=60, qty=QUANTITY)
        if not messages:
            time.sleep(0.01)
            continue
        if not isinstance(messages, list):
            messages = [messages]
        for message in messages:
            counter.hit(message.message.get("t"))
        queue.delete_batch(QUEUE, [message.msg_id for message in messages])


def _main(command: str) -> None:
    if command == "setup":
        _setup()
        return
    queue = PGMQueue(conn_string=common.URL, init_extension=False)
    if command == "work":
        _work(queue)
        return
    stopwatch = common.Stopwatch()
    if command == "enqueue":
        for number in range(common.JOBS):
            queue.send(QUEUE, {"id": number})
    elif command == "bulk":
        for first in range(0, common.JOBS, BULK_CALL):
            queue.send_batch(QUEUE, [{"id": number} for number in range(first, min(first + BULK_CALL, common.JOBS))])
    else:
        for number in range(common.JOBS):
            queue.send(QUEUE, {"id": number, "t": common.now()})
            time.sleep(common.pause())
    stopwatch.say()


if __name__ == "__main__":
    _main(common.COMMAND)
