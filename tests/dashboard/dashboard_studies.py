"""A dashboard that is served, and studies at odd moments of their life."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from report_studies import add_trial

from autocnn.dashboard import serve
from autocnn.store import Hold, NewTrial, Store, open_store


def one_trial(hold: Hold) -> None:
    add_trial(hold, 0, 0.8)


def all_failed(hold: Hold) -> None:
    for number in range(3):
        hold.add_trial(
            NewTrial(number=number, values={}, state="failed", reason="bug", detail="no")
        )


FILLS: dict[str, Callable[[Hold], None]] = {
    "empty": lambda hold: None,
    "one trial": one_trial,
    "all failed": all_failed,
}


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
