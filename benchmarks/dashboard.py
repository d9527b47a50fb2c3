"""How long the dashboard takes for a study of 10,000 trials with 200,000 evaluation points.

    python benchmarks/dashboard.py [--store sqlite:////tmp/large/autocnn.db]

Prints the seconds until all is read, what the longest transaction held, what a look at a study
that goes on costs the database, the seconds of each view and page once all is read, and, where
Chromium is there, those until the first page of the study is painted. Aims: first paint 2 s, a
view 1 s, a look 50 ms.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from large_study import write_large_study
from sqlalchemy import event

from autocnn.dashboard.app import show
from autocnn.dashboard.library import SOON, Library
from autocnn.dashboard.study import TABS
from autocnn.report.preload import preload
from autocnn.store import ProgressRow, Store, open_store


class Held:
    """Seconds from the begin of each transaction to its end, by the wall and by this process."""

    def __init__(self, store: Store):
        self.times: list[tuple[float, float]] = []
        self._began = (0.0, 0.0)
        event.listen(store.engine, "begin", self._begin)
        event.listen(store.engine, "rollback", self._end)

    def _begin(self, _connection: object) -> None:
        self._began = time.perf_counter(), time.process_time()

    def _end(self, _connection: object) -> None:
        wall, own = self._began
        self.times.append((time.perf_counter() - wall, time.process_time() - own))

    def told(self) -> str:
        """The longest transaction and the sum of all."""
        (wall, own), (walls, owns) = (
            [1000 * combined(times) for times in zip(*self.times, strict=True)]
            for combined in (max, sum)
        )
        longest = f"{wall:7.1f} ms, {own:7.1f} ms of this process"
        return f"longest {longest}; together {walls:7.1f} ms, {owns:7.1f} ms of this process"


@contextmanager
def clocked(name: str) -> Iterator[None]:
    """Print how long something took, by the wall and by this process."""
    wall, own = time.perf_counter(), time.process_time()
    yield
    wall, own = time.perf_counter() - wall, time.process_time() - own
    print(f"  {name:38} {wall:7.2f} s, {own:7.2f} s of this process")


def measure(store: Store, study: str) -> None:
    """Read, look again while a search writes, and make each view."""
    reading = open_store(store.location.url.render_as_string(), read_only=True)
    held, library, path = Held(reading), Library(reading), f"/study/{study}"
    with clocked("imports, which a server begins with"):
        preload()
    with clocked("first page of the study, in part"):
        show(library, path, "", "light", None)
    with clocked("reading the rest"):
        while not library.study(study).complete:
            library.read_on([study])
    print(f"  {'transactions of reading':38} {held.told()}")
    with store.hold(study) as hold:
        for turn in range(5):
            row = ProgressRow(images=90_000 + turn, epoch=15.0, metrics={"val_accuracy": 0.9},
                              lr=0.1, seconds=1.0, images_per_second=None)  # fmt: skip
            hold.add_progress(7, row, (), {"images": 90_000 + turn, "last_value": 0.9})
            time.sleep(SOON)
            held.times.clear()
            assert library.study(study).complete
            print(f"  {'transactions of a look':38} {held.told()}")
    for tab in TABS:
        with clocked(f"view {tab}"):
            show(library, path, f"?view={tab}", "light", None)
    for name, (place, query) in {
        "trials found and sorted": (path, "?find=adamw&sort=-value"),
        "a trial": (f"{path}/trial/7", ""),
        "trials side by side": (f"{path}/trials/7-8-9-10", ""),
        "list of studies": ("/", ""),
    }.items():
        with clocked(name):
            show(library, place, query, "light", None)


def paint(store: Store, study: str, chromium: str) -> None:
    """Open the first page of a study in a browser, of a server that was just started."""
    from playwright.sync_api import sync_playwright

    url = store.location.url.render_as_string()
    code = "from autocnn.cli import main; main()"
    words = ["-uc", code, "dashboard", "--store", url, "--port", "0"]
    with (
        subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True) as server,
        sync_playwright() as driver,
    ):
        assert server.stderr is not None
        address = server.stderr.readline().split(" at ")[1].split()[0]
        try:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name in ("first paint", "first paint again", "and once all is read"):
                page = browser.new_page()
                before = busy(server.pid)
                wall = time.perf_counter()
                page.goto(f"{address}study/{study}")
                page.wait_for_selector("#trials tbody tr", timeout=120_000)
                wall = time.perf_counter() - wall
                spent = busy(server.pid) - before
                print(f"  {name:38} {wall:7.2f} s, {spent:7.2f} s of the server")
                page.wait_for_timeout(10_000 if name.endswith("again") else 0)
                page.close()
            browser.close()
        finally:
            server.terminate()


def busy(process: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Write a large study, or take the one of a store, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", metavar="URL")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(given.store or f"sqlite:///{folder}/autocnn.db")
        study = store.studies()[0].id if given.store else write_large_study(store)
        measure(store, study)
        if chromium := shutil.which("chromium"):
            paint(store, study, chromium)


if __name__ == "__main__":
    main()
