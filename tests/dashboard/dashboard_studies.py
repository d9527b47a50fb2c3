"""A dashboard that is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from autocnn.dashboard import serve
from autocnn.store import Store, open_store


@contextmanager
def served(store: Store, **options: Any) -> Iterator[str]:
    """A dashboard over the store of another one, by its address."""
    reading = open_store(str(store.location.url), read_only=True)
    found: list[str] = []
    there, stop = Event(), Event()

    def ready(address: str) -> None:
        found.append(address.rstrip("/"))
        there.set()

    thread = Thread(
        target=lambda: serve(reading, port=0, ready=ready, stop=stop, **options), daemon=True
    )
    thread.start()
    assert there.wait(60)
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join(20)
