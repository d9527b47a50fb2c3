"""The table of learning curves: what it has, and how it is recorded.

    python benchmarks/curve_table.py    # adds what is missing, in portions: hours of one core

The table `data/curves.csv.gz` has candidates drawn at random from
`search_spaces/fashion_mnist.yaml`, trained for 12 epochs on 12,000 of the images: the accuracy of
the averaged weights on 6,000 others after every quarter of an epoch at first and every epoch
later, training loss, and the seconds of one core beside whatever else the machine did. Kinds of
rows are `first`, `second` for another seed of the same candidate, and `all` for 12 epochs on all
54,000 training images. What the table has is not trained again. The test part is not read. So far
it has 78 candidates, all of the first kind, trained beside other load.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autocnn import network
from autocnn.api import load_space
from autocnn.data import DataOptions, Dataset, from_arrays, open_data
from autocnn.search.executors import InlineExecutor
from autocnn.search.job import Failed, Job, Progressed, derive_seed
from autocnn.space import Candidate, Space, elaborate, sample
from autocnn.training import Plan, measure_plan

SPACE = Path(__file__).parent.parent / "search_spaces" / "fashion_mnist.yaml"
TABLE = Path(__file__).parent / "data" / "curves.csv.gz"
EPOCHS, IMAGES, VALIDATION = 12, 12_000, 6_000
POINTS = (*(0.25 * n for n in range(1, 9)), 2.25, 2.5, 3, 4, 5, 6, 6.75, 7, 8, 9, 10, 11, 12)
"""Epochs of the evaluations: quarters at first, then all epochs, and the rungs of `asha`."""

COLUMNS = (
    "candidate", "kind", "params", "macs", "epoch", "val_accuracy", "train_loss", "seconds",
)  # fmt: skip


@dataclass
class Curve:
    """One training: by `epochs` its accuracies, training losses and seconds so far."""

    candidate: int
    kind: str
    params: int
    macs: int
    epochs: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def read(table: Path) -> list[Curve]:
    """The trainings of a table that came to their end."""
    if not table.exists():
        return []
    found: dict[tuple[str, str], Curve] = {}
    with gzip.open(table, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["candidate"], row["kind"]
            fresh = Curve(int(key[0]), key[1], int(row["params"]), int(row["macs"]))
            curve = found.setdefault(key, fresh)
            curve.epochs.append(float(row["epoch"]))
            curve.accuracies.append(float(row["val_accuracy"]))
            curve.losses.append(float(row["train_loss"]))
            curve.seconds.append(float(row["seconds"]))
    return list(found.values())


def write(table: Path, curves: list[Curve]) -> None:
    """Replace the table; the same curves give the same bytes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for curve in curves:
        points = zip(curve.epochs, curve.accuracies, curve.losses, curve.seconds, strict=True)
        for epoch, accuracy, loss, seconds in points:
            own = (curve.candidate, curve.kind, curve.params, curve.macs)
            rows.writerow((*own, epoch, f"{accuracy:.5f}", f"{loss:.4f}", f"{seconds:.2f}"))
    fresh = table.with_suffix(".tmp")
    table.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    fresh.replace(table)


@cache
def space() -> Space:
    return load_space(SPACE, overrides=[f"training.epochs={EPOCHS}"])


def drawn(shape: tuple[int, ...], classes: int) -> Iterator[Candidate]:
    """Different candidates that keep the space's constraints, always the same ones."""
    known, seed = set[str](), 0
    limits: Any = space().sections["constraints"]
    while True:
        made = elaborate(sample(space(), seed), shape, classes)
        seed += 1
        if not isinstance(made, Candidate) or made.digest in known:
            continue
        known.add(made.digest)
        counts = network.cost(made.architecture)
        if not limits.params.broken_by(counts.params) and not limits.macs.broken_by(counts.macs):
            yield made


def small(whole: Dataset) -> Dataset:
    """So many of its training images, drawn once, and so many others to validate by."""
    order = np.random.default_rng(0).permutation(len(whole.train))
    cuts = order[:IMAGES], order[IMAGES:][:VALIDATION]
    parts = [whole.train.take(np.sort(rows)) for rows in cuts]
    (x, y), (x_other, y_other) = (
        (part.images[part.indices].numpy(), part.plain_labels) for part in parts
    )
    return from_arrays(x, y, x_validation=x_other, y_validation=y_other)


def trained(number: int, kind: str, candidate: Candidate, dataset: Dataset, plan: Plan) -> Curve:
    """The curve of one training, in this process."""
    epoch, counts = len(dataset.train), network.cost(candidate.architecture)
    stops = tuple(round(point * epoch) for point in POINTS)
    curve = Curve(number, kind, counts.params, counts.macs)
    executor = InlineExecutor()
    with tempfile.TemporaryDirectory() as folder:
        job = Job(
            purpose="final",
            number=number,
            candidate=candidate.to_json(),
            data=dataset.reference,
            plan=plan.to_json(),
            seed=derive_seed(0, kind, number),
            until=stops[-1],
            horizon=stops[-1],
            evaluate_at=stops,
            folder=folder,
        )
        executor.submit(job)
        while executor.running():
            for event in executor.events(1.0):
                if isinstance(event, Failed):
                    raise RuntimeError(event.detail)
                if isinstance(event, Progressed):
                    curve.epochs.append(round(event.images / epoch, 4))
                    curve.accuracies.append(event.metrics["val_accuracy"])
                    curve.losses.append(event.metrics["train_loss"])
                    curve.seconds.append(event.seconds)
                    Path(event.checkpoint).unlink()
    return curve


def record(table: Path, candidates: int, seconds: int, whole: int) -> None:
    """Train what is missing of so many candidates, of second seeds and of trainings on all."""
    torch.set_num_threads(1)
    everything = open_data(DataOptions(source="fashion-mnist", validation=0.1))
    part, plan = small(everything), measure_plan()
    curves = read(table)
    known = {(curve.candidate, curve.kind) for curve in curves}
    wanted = {"first": candidates, "second": seconds, "all": whole}
    for kind, count in wanted.items():
        dataset = everything if kind == "all" else part
        for number, candidate in zip(range(count), drawn(part.shape, 10), strict=False):
            if (number, kind) in known:
                continue
            curves.append(trained(number, kind, candidate, dataset, plan))
            write(table, curves)
            last = f"{curves[-1].accuracies[-1]:.2%} in {curves[-1].seconds[-1]:.0f} s"
            print(f"candidate {number}, {kind}: {last}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--candidates", type=int, default=250)
    parser.add_argument("--seconds", type=int, default=40, help="candidates with a second seed")
    parser.add_argument("--whole", type=int, default=40, help="candidates on all images too")
    given = parser.parse_args()
    record(given.table, given.candidates, given.seconds, given.whole)


if __name__ == "__main__":
    main()
