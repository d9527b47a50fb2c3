"""How long each view of a large study takes, and the report, and how large it is.

    python benchmarks/views.py sqlite:////tmp/large/autocnn.db

The store must have the study that benchmarks/large_study.py writes. Aims: each view within a
second, the report within fifteen and under 8 MB, no figure with more than 2,000 lines.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autocnn.report import write_report
from autocnn.report.objective import Objective
from autocnn.report.study_frames import StudyFrames
from autocnn.report.views import TRIAL_VIEWS, VIEWS
from autocnn.store import open_store


def timed(label: str, work: Callable[[], Any]) -> Any:
    """Do some work and print the seconds and those of the processor that it took."""
    begun, before = time.perf_counter(), time.process_time()
    found = work()
    seconds, busy = time.perf_counter() - begun, time.process_time() - before
    print(f"{label:20}{seconds:8.2f} s {busy:8.2f} s of work", end="")
    return found


def main() -> None:
    """Print a line per view, then the report's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("--study", default="large")
    given = parser.parse_args()
    store = open_store(given.store, create=False)
    frames = timed("reading", lambda: StudyFrames.read(store, given.study))
    print(f"  {len(frames.trials):,} trials, {len(frames.progress):,} points")
    objective = Objective.of(frames.study.settings)
    best = int(objective.ranked(frames.trials)["number"].iloc[0])
    for which, views in (((), VIEWS), ((best,), TRIAL_VIEWS)):
        for view in views.values():
            figure = timed(view.name, lambda: view.figure(frames, objective, *which))  # noqa: B023
            lines = 0 if figure is None else len(figure.data)
            size = 0 if figure is None else len(figure.to_json())
            print(f"  {lines:5} lines {size / 1e3:8.0f} kB")
    with tempfile.TemporaryDirectory() as folder:
        path = timed(
            "report", lambda: write_report(store, given.study, Path(folder) / "report.html")
        )
        print(f"  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
