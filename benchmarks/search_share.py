"""Where the time of a search goes, and how many copies of the data its workers hold.

    python benchmarks/search_share.py --time 10m                       a search of Fashion-MNIST
    python benchmarks/search_share.py sqlite:///studies/autocnn.db     one that has ended

Prints the share of the cores' wall clock, from the start of the command to its end, in which no
network was trained or evaluated: loading, workers starting, decisions, the store, idle workers,
the last reading of validation and test part, bundle and report. Of a search of its own it also
prints the memory that the workers' mappings of the images take.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import psutil

from autocnn.api import load_space, run_search
from autocnn.search.snapshot import Snapshot
from autocnn.store import Store, StudyRecord, open_store

SPACE = Path(__file__).parent.parent / "search_spaces" / "fashion_mnist.yaml"


class Watch:
    """Notes what the workers map, from the snapshots."""

    def __init__(self) -> None:
        self.mapped: dict[int, tuple[int, int]] = {}

    def __call__(self, snapshot: Snapshot) -> None:
        for child in psutil.Process().children():
            try:
                maps = child.memory_maps(grouped=True)
            except psutil.Error:
                continue
            data = [entry for entry in maps if entry.path.endswith("train.npy")]
            if data:
                rss, pss = sum(entry.rss for entry in data), sum(entry.pss for entry in data)
                self.mapped[child.pid] = rss, pss


def show_share(store: Store, study: StudyRecord, cores: int) -> None:
    """Print how the seconds of a finished study were spent."""
    trials = store.trials(study.id)
    trainings = {row.path: row for row in store.finals(study.id)}.values()
    wall = cores * study.seconds
    search = sum(trial.seconds for trial in trials)
    finals = sum(row.seconds * row.details["cores"] for row in trainings)
    print(f"{study.name}: {study.seconds:.0f} s on {cores} cores, {len(trials)} trials")
    print(f"  trials             {100 * search / wall:5.1f} %")
    print(f"  finals             {100 * finals / wall:5.1f} %")
    print(f"  neither            {100 * (1 - (search + finals) / wall):5.1f} %")


def main() -> None:
    """Search, or read a store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", nargs="?", help="URL of a store with finished studies")
    parser.add_argument("--time", default="10m")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    if arguments.store:
        store = open_store(arguments.store)
        for study in store.studies():
            show_share(store, study, cores)
        return
    space = load_space(SPACE, overrides=[f"budget.time={arguments.time}"])
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/a.db"
        result = run_search(space, store=url, watch=watch)
        store = open_store(url)
        show_share(store, next(s for s in store.studies() if s.name == result.study), cores)
    for pid, (rss, pss) in watch.mapped.items():
        print(f"  worker {pid}: images mapped {rss / 2**20:.1f} MiB, its share {pss / 2**20:.1f}")


if __name__ == "__main__":
    main()
