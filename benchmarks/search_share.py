"""Where the time of a search goes, and how many copies of the data its workers hold.

Runs a search of Fashion-MNIST and prints the share of its workers' wall clock, from the first
trial to the start of the finals, that was not spent in training or evaluation, and the memory
that the workers' mappings of the images take together.

    python benchmarks/search_share.py --time 5m
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import psutil

from autocnn.api import load_space, run_search
from autocnn.search.snapshot import Snapshot
from autocnn.store import open_store

SPACE = Path(__file__).parent.parent / "search_spaces" / "fashion_mnist.yaml"


class Watch:
    """Notes when the search phase ends and what the workers map, from the snapshots."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.mapped: dict[int, tuple[int, int]] = {}

    def __call__(self, snapshot: Snapshot) -> None:
        if snapshot.phase == "search":
            self.first = self.first or snapshot.elapsed
            self.last = snapshot.elapsed
        for child in psutil.Process().children():
            try:
                maps = child.memory_maps(grouped=True)
            except psutil.Error:
                continue
            data = [entry for entry in maps if entry.path.endswith("train.npy")]
            if data:
                rss, pss = sum(entry.rss for entry in data), sum(entry.pss for entry in data)
                self.mapped[child.pid] = rss, pss


def main() -> None:
    """Search, then read the store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time", default="5m")
    arguments = parser.parse_args()
    space = load_space(SPACE, overrides=[f"budget.time={arguments.time}"])
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/a.db"
        run_search(space, store=url, watch=watch)
        store = open_store(url)
        study = store.study(space.name)
        assert study is not None
        trials = store.trials(study.id)
        workers = len(os.sched_getaffinity(0))
    busy = sum(trial.seconds for trial in trials)
    wall = workers * (watch.last - watch.first)
    print(f"{len(trials)} trials on {workers} workers, search phase {wall / workers:.0f} s")
    print(f"  not in training or evaluation: {100 * (1 - busy / wall):.1f} % of the workers' time")
    for pid, (rss, pss) in watch.mapped.items():
        print(f"  worker {pid}: images mapped {rss / 2**20:.1f} MiB, its share {pss / 2**20:.1f}")


if __name__ == "__main__":
    main()
