"""Learning curves of candidates, and what the stopping rules make of them.

    python benchmarks/curves.py record --candidates 250    # adds to the table, in portions
    python benchmarks/curves.py replay                     # judges every rule by it, in seconds

The table `data/curves.csv.gz` has candidates drawn at random from
`search_spaces/fashion_mnist.yaml`, trained for 12 epochs on 12,000 of the images: the accuracy of
the averaged weights on 6,000 others after every quarter of an epoch at first and every epoch
later, training loss, and the seconds of one core beside whatever else the machine did. Kinds of
rows are `first`, `second` for another seed of the same candidate, and `all` for 12 epochs on all
54,000 training images. What the table has is not trained again. The test part is not read.
No table is shipped yet.

The replay gives each rule the candidates in random order, one worker and a budget of epochs; the
rule's own decisions on a real history say what is trained. No job is begun that the budget does
not allow. Then the best trial is chosen as the finals do; its regret, in points, is the accuracy
after 12 epochs of the best candidate of all less its own, whether or not it was trained so far in
the search: finals train anew. `of three` is the regret of the best one of three finalists.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import math
import random
import statistics
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
from autocnn.search.history import History
from autocnn.search.job import Failed, Job, Progressed, derive_seed
from autocnn.search.stopping import STOPPING, StoppingRule, TopK
from autocnn.search.trial import Trial
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


# The table


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


# Recording


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


# Replaying


def train(trial: Trial, curve: Curve) -> None:
    """Let a trial reach its next rung, as the table has it."""
    level = trial.next_level
    assert level is not None
    for epoch, accuracy, seconds in zip(
        curve.epochs, curve.accuracies, curve.seconds, strict=True
    ):
        images = round(epoch * IMAGES)
        if trial.images < images:
            trial.images, trial.seconds = images, seconds
            trial.note(images, accuracy)
        if images >= level:
            break
    end = trial.next_level is None
    trial.state, trial.reason = ("completed", None) if end else ("paused", "rung")


def searched(rule: StoppingRule, curves: list[Curve], budget: float, trials: int) -> History:
    """A search with one worker over these candidates, within a budget of epochs."""
    history = History()
    ladder = tuple(round(level * IMAGES) for level in rule.epochs(EPOCHS))
    while True:
        more = len(history.trials) < min(trials, len(curves))
        if decision := rule.decide(history.standing(more=more)):
            trial = history.follow(decision)
            if trial.state == "stopped":
                continue
        elif more:
            trial = Trial(len(history.trials), {}, None, "running", ladder=ladder)
            history.add(trial)
        else:
            return history
        used = sum(other.images for other in history.trials) - trial.images
        if used + (trial.next_level or 0) > budget * IMAGES:
            return history
        train(trial, curves[trial.number])


def replay(table: Path, rules: list[StoppingRule], budgets: list[float], seeds: int) -> None:
    """Print mean regrets with their standard errors, and what was used, for each budget."""
    curves = [curve for curve in read(table) if curve.kind == "first"]
    if not curves:
        raise SystemExit(f"there is no table {table}: record one first")
    best = max(curve.accuracies[-1] for curve in curves)
    print(f"{len(curves)} candidates, {seeds} orders of them")
    print("| rule | budget | trials | epochs | seconds | regret | of three |")
    print("|---|---|---|---|---|---|---|")
    for budget in budgets:
        for rule in rules:
            rows = []
            for seed in range(seeds):
                order = random.Random(seed).sample(curves, len(curves))
                keep = rule.keep if isinstance(rule, TopK) else 0
                trials = round((budget - keep * (EPOCHS - 1)) if keep else len(curves))
                history = searched(rule, order, budget, max(1, trials))
                chosen = [order[trial.number].accuracies[-1] for trial in history.ranked()[:3]]
                rows.append(
                    (
                        len(history.trials),
                        sum(trial.images for trial in history.trials) / IMAGES,
                        sum(trial.seconds for trial in history.trials),
                        100 * (best - chosen[0]) if chosen else math.nan,
                        100 * (best - max(chosen)) if chosen else math.nan,
                    )
                )
            means = [statistics.fmean(column) for column in zip(*rows, strict=True)]
            error = statistics.stdev(row[3] for row in rows) / math.sqrt(len(rows))
            print(
                f"| {rule.word} | {budget:g} | {means[0]:.1f} | {means[1]:.1f} | {means[2]:.0f} "
                f"| {means[3]:.2f} ± {error:.2f} | {means[4]:.2f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["record", "replay"])
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--candidates", type=int, default=250)
    parser.add_argument("--seconds", type=int, default=40, help="candidates with a second seed")
    parser.add_argument("--whole", type=int, default=40, help="candidates on all images too")
    parser.add_argument(
        "--rules", nargs="+", default=[name for name in STOPPING if name != "default"]
    )
    parser.add_argument("--budgets", nargs="+", type=float, default=[30, 60, 120, 240])
    parser.add_argument("--seeds", type=int, default=200, help="orders of the candidates")
    given = parser.parse_args()
    if given.command == "record":
        record(given.table, given.candidates, given.seconds, given.whole)
    else:
        rules = [STOPPING[word]() for word in given.rules]
        replay(given.table, rules, given.budgets, given.seeds)


if __name__ == "__main__":
    main()
