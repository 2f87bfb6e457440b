"""A network that delivers late, or in one direction only."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict


class _Way:
    """One connection through the network."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.is_held = False
        self.held = b""
        self.is_deaf = False
        self.was_answered = asyncio.Event()
        """By the server, since `deliver`; its end counts."""
        self.has_ended = False
        self.server: asyncio.StreamWriter | None = None


class LateNetwork:
    """Passes on what comes in; what is sent after `hold` on a connection arrives with `deliver`, whatever has become of
    who sent it."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self.ways: list[_Way] = []
        self.tasks: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self._serve(reader, writer)))

    def hold(self, connection: psycopg.BaseConnection[Any]) -> None:
        self._way_of(connection).is_held = True

    def lose_answers(self, connection: psycopg.BaseConnection[Any]) -> None:
        """What the server says on this connection gets lost."""
        self._way_of(connection).is_deaf = True

    def _way_of(self, connection: psycopg.BaseConnection[Any]) -> _Way:
        with socket.socket(fileno=os.dup(connection.fileno())) as end:
            port = end.getsockname()[1]
        [way] = [way for way in self.ways if way.port == port]
        return way

    async def deliver(self) -> None:
        """Returns once the server has answered, or has ended the connection."""
        for way in self.ways:
            if way.held and way.server is not None and not way.has_ended:
                way.was_answered.clear()
                with suppress(OSError):
                    way.server.write(way.held)
                    await way.server.drain()
                await asyncio.wait_for(way.was_answered.wait(), 20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = _Way(writer.get_extra_info("peername")[1])
        self.ways.append(way)
        server_reader, way.server = await asyncio.open_connection(*self._to)
        await asyncio.gather(self._up(way, reader, way.server), self._down(way, server_reader, writer))

    async def _up(self, way: _Way, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if way.is_held:
                    way.held += data
                else:
                    server.write(data)
        if not way.is_held:
            server.close()

    async def _down(self, way: _Way, server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await server.read(65536):
                way.was_answered.set()
                if not way.is_deaf:
                    writer.write(data)
        way.has_ended = True
        way.was_answered.set()
        writer.close()


@asynccontextmanager
async def late_network(url: str) -> AsyncIterator[tuple[LateNetwork, str]]:
    given = conninfo_to_dict(url)
    network = LateNetwork(str(given.get("host") or "127.0.0.1"), int(given.get("port") or 5432))
    server = await asyncio.start_server(network.accept, "127.0.0.1", 0)
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield network, parts._replace(netloc=f"{account}@{host}" if account else host).geturl()
    finally:
        server.close()
        for task in network.tasks:
            task.cancel()
        await asyncio.gather(*network.tasks, return_exceptions=True)
