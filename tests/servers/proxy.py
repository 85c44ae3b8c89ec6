"""A proxy between a client and a server that breaks connections, as networks and servers do."""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress
from typing import Literal, NamedTuple, Self

__all__ = ["Fault", "Proxy"]

_BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Fault(NamedTuple):
    """What happens to one connection.

    ``busy``: it is answered by 503, and the server hears nothing. ``request``: it is cut after
    ``count`` bytes of what the client sends. ``answer``: it is cut after ``count`` bytes of what
    the server answers; 0: the server did the work, and nobody is told.
    """

    kind: Literal["busy", "request", "answer"]
    count: int = 0


class Proxy:
    """Passes connections on to a port; the next ones suffer from ``faults``, one each."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.faults: deque[Fault] = deque()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *list(self._open)):
            _close(each)
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            fault = self.faults.popleft() if self.faults else None
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client, fault), daemon=True).start()

    def _serve(self, client: socket.socket, fault: Fault | None) -> None:
        if fault is not None and fault.kind == "busy":
            client.recv(1 << 16)
            client.sendall(_BUSY)
            _close(client)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            _close(client)
            return
        self._open.add(server)
        limits = {fault.kind: fault.count} if fault is not None else {}
        answers = threading.Thread(
            target=_pass, args=(server, client, limits.get("answer")), daemon=True
        )
        answers.start()
        _pass(client, server, limits.get("request"))
        answers.join()


def _pass(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    """Until one of them ends, or ``limit`` bytes have passed; then both are closed."""
    try:
        while data := source.recv(1 << 16):
            if limit is not None:
                data, cut = data[:limit], len(data) >= limit
                limit -= len(data)
                target.sendall(data)
                if cut:
                    break
            else:
                target.sendall(data)
    except OSError:
        pass
    finally:
        _close(source)
        _close(target)


def _close(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
