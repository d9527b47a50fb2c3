"""A server over a store of a few studies, and a browser that notes what it complains of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent.parent / "report"))

from dashboard_studies import served
from report_studies import MOMENTS, full_study, new_store, new_study

from autocnn.store import Store

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip

FONTS = Path("/usr/share/fonts/truetype/dejavu")


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A full study with hostile names, and one of each kind in MOMENTS, of which one goes on."""
    store = new_store(tmp_path_factory.mktemp("dashboard"))
    full_study(store)
    with ExitStack() as held:
        for name, (fill, changes) in MOMENTS.items():
            hold = held.enter_context(store.hold(new_study(store, name, **changes)))
            fill(hold)
            if name != "running":
                hold.set_study(state="finished")
        yield store


@pytest.fixture(scope="session")
def address(studies: Store) -> Iterator[str]:
    with served(studies) as found:
        yield found


@pytest.fixture(scope="module")  # a second Playwright of the same process would be refused
def browser(chromium: str) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        fonts = {"FONTCONFIG_FILE": str(Path(__file__).parent / "fonts.conf")}
        environment: dict[str, Any] = {**os.environ, **(fonts if FONTS.exists() else {})}
        running = driver.chromium.launch(
            executable_path=chromium, args=list(FLAGS), env=environment
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page that must not complain; its size and scheme by indirect parameters."""
    width, height, scheme = getattr(request, "param", (1440, 900, "light"))
    opened = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        base_url=address,
        has_touch=width < 500,
        is_mobile=width < 500,
    )
    opened.set_default_timeout(60_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    opened.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((address, "data:", "blob:"))
            else complaints.append(asked.url)
        ),
    )
    yield opened
    opened.close()
    assert not complaints
