"""A way to the server that can be cut: a TCP proxy whose connections can be reset, or left without a word."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing then sends a reset."""


class Proxy:
    """Passes on what comes in, until it is told not to.

    `accepted` counts the connections that came in, those that were refused included; `held_back` what came from clients
    in silence.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.accepted = 0
        self.held_back = 0

    async def start(self) -> int:
        """Listens, and returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def refuse(self) -> None:
        """Resets every connection, and those to come."""
        self._refusing = True
        self._reset()

    def silence(self) -> None:
        """Takes everything and passes on nothing, in either direction; connections stay open, and new ones open."""
        self._open.clear()

    def forget(self) -> None:
        """Ends the silence for new connections only: those that there are stay open, and silent for ever."""
        self._open = asyncio.Event()
        self._open.set()

    def restore(self) -> None:
        """Passes on again. What was connected in silence is reset."""
        self._refusing = False
        if not self._open.is_set():
            self._reset()
        self._open.set()

    def _reset(self) -> None:
        for writer in self._writers:
            if (connection := writer.get_extra_info("socket")) is not None:
                with suppress(OSError):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        is_open = self._open
        try:
            if self._refusing:
                self._reset()
                return
            await is_open.wait()
            back, upstream = await asyncio.open_connection(self._host, self._port)
            self._writers.add(upstream)
            ways = [
                asyncio.create_task(self._pass_on(reader, upstream, is_open, counted=True)),
                asyncio.create_task(self._pass_on(back, writer, is_open, counted=False)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            for end in (writer, upstream):
                if end is not None:
                    self._writers.discard(end)
                    end.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_open: asyncio.Event, *, counted: bool
    ) -> None:
        while data := await reader.read(65536):
            if counted and not is_open.is_set():
                self.held_back += 1
            await is_open.wait()
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Yields a proxy in front of the server that `url` names, and the url that leads through it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    proxy = Proxy(parts.hostname, parts.port or 5432)
    port = await proxy.start()
    credentials = parts.netloc.rpartition("@")[0]
    try:
        yield proxy, parts._replace(netloc=f"{credentials}@127.0.0.1:{port}").geturl()
    finally:
        await proxy.close()
