"""What each part of a recipe brings on Fashion-MNIST, in equal seconds.

    python benchmarks/ablation.py results.jsonl [--images 220000] [--seeds 3] [--only muon ...]

The base is `networks/fashion_fixed.yaml` as it was before batches and head followed this table;
each variant changes it as `--set` would. First the speeds of all are measured in turns, two
trainings at a time, one per core; then each is trained with every seed on as many images as it can
see in the time in which the base sees `--images`, its schedule fitted to them: other load on the
machine makes it longer and changes no result.
Results are appended to the file as they come, and what is there is not run again. Accuracies are
those of the final weights on 10,000 validation images, predicted as the recipe says; the test part
is not read. Variants of the prediction are those of the base's weights. The difference to the base
is paired by seed: its mean, and its standard error over the seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from autocnn.api import load_space
from autocnn.data import DataOptions, Dataset, open_data
from autocnn.search.executors import ProcessExecutor
from autocnn.search.job import Failed, Job, Lost, Progressed
from autocnn.space import Candidate, elaborate, fill_values
from autocnn.training import Plan, evaluate, measure_plan, read_weights

ROUND = 3072
"""Images of one measurement of the speed."""


PARTS = 1 / 6, 1 / 600
"""The shares for validation, of the trainings and while their speed is measured."""

BASE = Path(__file__).parent / "networks" / "fashion_fixed.yaml"

AUGMENT, SGD = "training.augment", "training.optimizer.sgd"
FORMER = [
    "training.batch_size=512",
    f"{SGD}.lr=0.6",
    "architecture.4={global_pool: {kind: avgmax}}",
]
"""What the base had in place of what the file says now."""

VARIANTS: dict[str, list[str]] = {
    "base": [],
    "no average": ["training.average=none"],
    "no label smoothing": ["training.loss.cross_entropy.label_smoothing=0"],
    "no shift": [f"{AUGMENT}=[hflip]"],
    "shift 2": [f"{AUGMENT}=[hflip, {{shift: {{pixels: 2}}}}]"],
    "alternating flip": [f"{AUGMENT}=[alternating_flip, {{shift: {{pixels: 1}}}}]"],
    "cutout": [f"{AUGMENT}=[hflip, {{shift: {{pixels: 1}}}}, {{cutout: {{size: 6}}}}]"],
    "random erasing": [f"{AUGMENT}=[hflip, {{shift: {{pixels: 1}}}}, random_erasing]"],
    "cutmix": [f"{AUGMENT}=[hflip, {{shift: {{pixels: 1}}}}, cutmix]"],
    "mixup": [f"{AUGMENT}=[hflip, {{shift: {{pixels: 1}}}}, mixup]"],
    "trivial augment": [f"{AUGMENT}=[hflip, trivial_augment]"],
    "no whitening": ["architecture.0.conv.init=torch"],
    "dirac": ["defaults.conv={init: dirac}"],
    "norm bias 16": [f"{SGD}.norm_bias=16"],
    "rate 1.2": [f"{SGD}.lr=1.2"],
    "rate 0.3": [f"{SGD}.lr=0.3"],
    "muon": ["training.optimizer={muon: {lr: 0.02}}"],
    "adamw": ["training.optimizer={adamw: {lr: 3e-3, weight_decay: 0.02}}"],
    "lookahead": ["training.average=lookahead"],
    "swa": ["training.average=swa"],
    "cosine": ["training.schedule=cosine"],
    "triangular": ["training.schedule=triangular"],
    "progressive": ["training.progressive={}"],
    "batch 256, rate 0.4": ["training.batch_size=256", f"{SGD}.lr=0.4"],
    "no skipping": ["training.skip_easy=0"],
    "mean pooling": ["architecture.4.global_pool.kind=avg"],
    "gelu": ["defaults.activation=gelu"],
}
PREDICTIONS: dict[str, list[str]] = {
    "no test-time augmentation": ["training.tta=false"],
    "mirrored views only": [f"{AUGMENT}=[hflip]"],
}
"""What changes only how the trained network predicts."""


def candidate(name: str, dataset: Dataset, images: int) -> Candidate:
    """The variant, to be trained on so many images."""
    epochs = max(1, round(images / len(dataset.train)))
    changes = (VARIANTS | PREDICTIONS)[name]
    space = load_space(BASE, overrides=[*FORMER, *changes, f"training.epochs={epochs}"])
    made = elaborate(fill_values(space, {}), dataset.shape, len(dataset.classes))
    assert isinstance(made, Candidate), made
    return made


class Trainings:
    """Trains variants on both cores at a time."""

    def __init__(self, executor: ProcessExecutor, dataset: Dataset, plan: Plan, folder: str):
        self._executor, self._dataset, self._plan = executor, dataset, plan
        self._folder, self._count = folder, 0

    def run(self, wanted: Sequence[tuple[str, int, int]]) -> Iterator[tuple[str, int, Progressed]]:
        """Name, seed and last point for each name, seed and number of images."""
        waiting, names = list(wanted), dict[int, tuple[str, int]]()
        while waiting or self._executor.running():
            while waiting and len(self._executor.running()) < self._executor.workers:
                name, seed, images = waiting.pop(0)
                names[self._count] = name, seed
                self._executor.submit(self._job(name, seed, images))
                self._count += 1
            for event in self._executor.events(1.0):
                if isinstance(event, Failed | Lost):
                    raise RuntimeError(f"{names[event.job.number][0]}: {event.detail}")
                if isinstance(event, Progressed) and event.images >= event.job.until:
                    yield *names[event.job.number], event

    def _job(self, name: str, seed: int, images: int) -> Job:
        return Job(
            purpose="final",
            number=self._count,
            candidate=candidate(name, self._dataset, images).to_json(),
            data=self._dataset.reference,
            plan=self._plan.to_json(),
            seed=seed,
            until=images,
            horizon=images,
            evaluate_at=(images,),
            folder=self._folder,
        )


def speeds(trainings: Trainings, names: Sequence[str], rounds: int) -> dict[str, float]:
    """Images per second of a core over those of the base, both cores being busy.

    The fastest of all rounds counts: other load makes a training slower, never faster.
    """
    found = dict.fromkeys(names, 0.0)
    for _ in range(rounds):
        for name in names:
            points = trainings.run([(name, 0, ROUND)] * 2)
            found[name] = max(found[name], *(point.images_per_second for _, _, point in points))
    print(f"base: {found['base']:,.0f} images/s", flush=True)
    return {name: speed / found["base"] for name, speed in found.items()}


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the table."""
    print(f"{'variant':<28} {'speed':>6} {'accuracy':>9} {'difference':>11} {'± s.e.':>7} seeds")
    base = {row["seed"]: row["accuracy"] for row in rows if row["variant"] == "base"}
    for name in dict.fromkeys(row["variant"] for row in rows):
        mine = [row for row in rows if row["variant"] == name and row["seed"] in base]
        both = [row["accuracy"] - base[row["seed"]] for row in mine]
        spread = statistics.stdev(both) / math.sqrt(len(both)) if len(both) > 1 else math.nan
        print(
            f"{name:<28} {mine[0]['speed']:>6.2f}"
            f" {statistics.mean(row['accuracy'] for row in mine):>9.2%}"
            f" {statistics.mean(both):>+11.2%} {spread:>7.2%} {len(mine):>5}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--images", type=int, default=220_000, help="that the base sees")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=6, help="of measuring the speeds")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = options.results.read_text().splitlines() if options.results.exists() else []
    rows = [row for row in map(json.loads, lines) if row["budget"] == options.images]
    done = {(row["variant"], row["seed"]) for row in rows}
    seen = {row["variant"]: row["speed"] for row in rows}
    names = list(dict.fromkeys(["base", *options.only]))
    dataset, few = (open_data(DataOptions(source="fashion-mnist", validation=v)) for v in PARTS)
    plan = measure_plan()
    with closing(ProcessExecutor(2)) as executor, tempfile.TemporaryDirectory() as folder:
        if unseen := [name for name in names if name not in seen]:
            quick = Trainings(executor, few, plan, folder)
            seen = speeds(quick, list(dict.fromkeys(["base", *unseen])), options.rounds) | seen
        wanted = [
            (name, seed, int(options.images * seen[name]) // 256 * 256)
            for seed in range(options.seeds)
            for name in names
            if (name, seed) not in done
        ]
        for trained, seed, point in Trainings(executor, dataset, plan, folder).run(wanted):
            weights = read_weights(Path(point.checkpoint))
            for name in (trained, *(PREDICTIONS if trained == "base" else ())):
                chosen = candidate(name, dataset, point.images)
                found = evaluate(chosen, weights, dataset.validation, dataset, plan)
                row = {"variant": name, "seed": seed, "budget": options.images}
                row |= {"speed": round(seen[trained], 4), "accuracy": found.accuracy}
                rows.append(row)
                with options.results.open("a") as file:
                    print(json.dumps(row), file=file)
                print(f"{name}, seed {seed}: {found.accuracy:.2%}", flush=True)
    show(rows)


if __name__ == "__main__":
    main()
