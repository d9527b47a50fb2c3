"""The server: on this machine alone, unless a token is asked of those who come from others."""

from __future__ import annotations

import gc
import ipaddress
import logging
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from threading import Event, Thread
from typing import Any

from autocnn.errors import Problem, SpaceError
from autocnn.report.preload import preload
from autocnn.store import Store

CONNECTIONS, THREADS, SILENCE, HEADERS = 50, 4, 30, 16_384
"""Clients at once, requests at once, seconds that a client may be silent, bytes of headers."""


def serve(
    store: Store,
    *,
    host: str = "127.0.0.1",
    port: int = 8050,
    token: str = "",
    names: Sequence[str] = (),
    ready: Callable[[str], None] = print,
    stop: Event | None = None,
) -> None:
    """Show a store to browsers until interrupted, or until `stop` is set.

    `ready` is called with the address once it can be asked; port 0 takes any that is free. `names`
    are other names that browsers know this machine by. Raises SpaceError (S21) for an address of
    other machines without a token, and for a port that is taken.
    """
    check_host(host, token)
    with closing(bound(host, port)) as listening:
        port = listening.getsockname()[1]
        server = make_server(store, listening, hosts(host, port, names), token)
        Thread(target=server.run, daemon=True).start()
        Thread(target=_prepare, daemon=True).start()
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{port}/")
        try:
            (stop or Event()).wait()
        finally:
            server.close()


def _prepare() -> None:
    """Import what figures need; what is there then stays, so that no collection looks at it."""
    preload()
    gc.freeze()


def make_server(store: Store, listening: socket.socket, names: Sequence[str], token: str) -> Any:
    """A server on a socket that is bound already; `run` answers until `close`."""
    from waitress.server import create_server

    from autocnn.dashboard.app import make_app
    from autocnn.dashboard.guard import BODY, Guard
    from autocnn.dashboard.library import Library

    # It would tell of every request that waits for another one.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = make_app(Library(store))
    Guard(names, token).stand_before(app)
    return create_server(
        app.server,
        sockets=[listening],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENCE,
        cleanup_interval=SILENCE,
        max_request_header_size=HEADERS,
        max_request_body_size=BODY,
        ident=None,
    )


def check_host(host: str, token: str) -> None:
    """Refuse an address that other machines reach, if there is no token to ask them for."""
    if not token and not is_loopback(host):
        text = (
            f"{host} can be reached from other machines; --token TEXT lets in only those who "
            "know it"
        )
        raise SpaceError(Problem("S21", text, "--host"))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def hosts(host: str, port: int, names: Sequence[str]) -> tuple[str, ...]:
    """What browsers may call us, with the port; never just any name that leads here."""
    own = ["localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host, *names]
    if not is_loopback(host):
        own.append(socket.gethostname())
    named = [name.lower() for name in own]
    found = [name if re.search(r"[^:]:\d+$", name) else f"{name}:{port}" for name in named]
    return tuple(dict.fromkeys([*found, *(named if port == 80 else ())]))


def bound(host: str, port: int) -> socket.socket:
    """A socket at an address; raises SpaceError (S21) where it cannot be had."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or "no such address").lower()
        text = f"{host}:{port} cannot be used: {reason}; --port takes another, 0 any free one"
        raise SpaceError(Problem("S21", text, "--port")) from error
