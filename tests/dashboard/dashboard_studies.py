"""A dashboard that is served, and how a browser opens its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

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


def study_id(store: Store, name: str = "fashion") -> str:
    study = store.study(name)
    assert study is not None
    return study.id


def opened(page: Any, path: str) -> Any:
    """Go to a page and wait until it is drawn."""
    page.goto(path)
    page.wait_for_selector("#main > *")
    expect(page.locator(".dash-graph:not(:has(.main-svg))")).to_have_count(0, timeout=60_000)
    return page


def expect(found: Any) -> Any:
    """Waits without `eval`, which the pages do not allow."""
    return pytest.importorskip("playwright.sync_api").expect(found)
