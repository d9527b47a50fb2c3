"""What each part of a recipe brings on Fashion-MNIST, in equal seconds.

    python benchmarks/ablation.py [--seconds 120] [--seeds 3] [--only base muon ...]

Each variant changes the base in one place. First the speeds of all are measured in turns, two
trainings at a time, one per core; then each is trained with every seed on as many images as it can
see in `--seconds` of a core, its schedule fitted to them. Accuracies are those of the last
evaluation, with the average of the weights and test-time augmentation, on 10,000 validation
images; the test part is not read. The difference to the base is paired by seed: its mean, and its
standard error over the seeds.
"""

from __future__ import annotations

import argparse
import copy
import math
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from autocnn.data import DataOptions, Dataset, open_data
from autocnn.search.executors import ProcessExecutor
from autocnn.search.job import Failed, Job, Lost, Progressed
from autocnn.training import Plan, measure_plan, read_candidate_json

ROUND = 3072
"""Images of one measurement of the speed."""


def stage(channels: int) -> list[Any]:
    """Halve the map before the norm, then look at it once."""
    pooled = {"conv": {"channels": channels, "bias": False, "activation": "none"}}
    return [pooled, "pool", {"norm": {}}, {"activation": {"kind": "relu"}}, conv(channels)]


def conv(channels: int, **options: Any) -> dict[str, Any]:
    return {"conv": {"channels": channels, "norm": "batch", **options}}


BASE: dict[str, Any] = {
    "architecture": [
        {"conv": {"channels": 16, "kernel": 2, "padding": "valid"}},
        *stage(32),
        *stage(64),
        *stage(64),
        {"global_pool": {"kind": "avgmax"}},
        {"linear": {"units": 10, "activation": "none"}},
    ],
    "training": {
        "optimizer": {"sgd": {"lr": 0.4, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}},
        "schedule": "onecycle",
        "loss": {"cross_entropy": {"label_smoothing": 0.1}},
        "batch_size": 256,
        "augment": ["hflip", {"shift": {"pixels": 2}}],
        "average": {"ema": {"decay": 0.998}},
        "tta": True,
    },
}


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """The base with another value at this path."""
    found = copy.deepcopy(BASE)
    place: Any = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return found


def everywhere(**options: Any) -> dict[str, Any]:
    """The base with these options in all convolutions but the first."""
    found = copy.deepcopy(BASE)
    for layer in found["architecture"][1:]:
        if "conv" in layer:
            layer["conv"].update(options)
    return found


AUGMENT, SGD = ("training", "augment"), ("training", "optimizer", "sgd")
VARIANTS: dict[str, dict[str, Any]] = {
    "base": BASE,
    "no average": changed("training", "average", to="none"),
    "no test-time augmentation": changed("training", "tta", to=False),
    "no label smoothing": changed("training", "loss", to="cross_entropy"),
    "no shift": changed(*AUGMENT, to=["hflip"]),
    "shift 1": changed(*AUGMENT, to=["hflip", {"shift": {"pixels": 1}}]),
    "alternating flip": changed(*AUGMENT, to=["alternating_flip", {"shift": {"pixels": 2}}]),
    "cutout": changed(*AUGMENT, to=["hflip", {"shift": {"pixels": 2}}, {"cutout": {"size": 6}}]),
    "mixup": changed(*AUGMENT, to=["hflip", {"shift": {"pixels": 2}}, "mixup"]),
    "trivial augment": changed(*AUGMENT, to=["hflip", "trivial_augment"]),
    "whitening": changed("architecture", 0, "conv", "init", to="whitening"),
    "dirac": everywhere(init="dirac"),
    "norm bias 16": changed(*SGD, "norm_bias", to=16.0),
    "rate 0.8": changed(*SGD, "lr", to=0.8),
    "rate 0.2": changed(*SGD, "lr", to=0.2),
    "muon": changed("training", "optimizer", to={"muon": {"lr": 0.02}}),
    "adamw": changed("training", "optimizer", to={"adamw": {"lr": 3e-3, "weight_decay": 0.02}}),
    "lookahead": changed("training", "average", to="lookahead"),
    "swa": changed("training", "average", to="swa"),
    "cosine": changed("training", "schedule", to="cosine"),
    "progressive": changed("training", "progressive", to={}),
    "gelu": everywhere(activation="gelu"),
}


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
        variant = copy.deepcopy(VARIANTS[name])
        variant["training"]["epochs"] = max(1, round(images / len(self._dataset.train)))
        data = {"shape": list(self._dataset.shape), "classes": len(self._dataset.classes)}
        candidate = read_candidate_json({"data": data, **variant})
        return Job(
            purpose="final",
            number=self._count,
            candidate=candidate.to_json(),
            data=self._dataset.reference,
            plan=self._plan.to_json(),
            seed=seed,
            until=images,
            horizon=images,
            evaluate_at=(images,),
            folder=self._folder,
        )


def speeds(trainings: Trainings, names: Sequence[str], rounds: int) -> dict[str, float]:
    """Images per second of a core, both being busy: the base's median, and ratios to it."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        for name in names:
            points = trainings.run([(name, 0, ROUND)] * 2)
            speed = statistics.mean(point.images_per_second for _, _, point in points)
            if turn:  # the first round warms up
                found[name].append(speed)
    base = found["base"]
    level = statistics.median(base)
    return {
        name: level * statistics.median(a / b for a, b in zip(values, base, strict=True))
        for name, values in found.items()
    }


def show(accuracies: dict[str, dict[int, float]], seen: dict[str, float]) -> None:
    """Print the table."""
    print(f"{'variant':<28} {'images/s':>9} {'accuracy':>9} {'difference':>11} {'± s.e.':>7}")
    for name, found in accuracies.items():
        mean = statistics.mean(found.values())
        both = [found[seed] - accuracies["base"][seed] for seed in found]
        spread = statistics.stdev(both) / math.sqrt(len(both)) if len(both) > 1 else math.nan
        print(
            f"{name:<28} {seen[name]:>9,.0f} {mean:>9.2%} {statistics.mean(both):>+11.2%}"
            f" {spread:>7.2%}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of one core, each training")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3, help="of measuring the speeds")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args()
    names = list(dict.fromkeys(["base", *options.only]))
    dataset = open_data(DataOptions(source="fashion-mnist", validation=1 / 6))
    plan = measure_plan()
    with closing(ProcessExecutor(2)) as executor, tempfile.TemporaryDirectory() as folder:
        trainings = Trainings(executor, dataset, plan, folder)
        seen = speeds(trainings, names, options.rounds)
        images = {name: int(options.seconds * speed) // 256 * 256 for name, speed in seen.items()}
        wanted = [(name, seed, images[name]) for seed in range(options.seeds) for name in names]
        accuracies: dict[str, dict[int, float]] = {name: {} for name in names}
        for name, seed, point in trainings.run(wanted):
            accuracies[name][seed] = point.metrics["val_accuracy"]
            epochs = point.images / len(dataset.train)
            text = f"{name}, seed {seed}: {epochs:.1f} epochs"
            print(f"{text}, {point.metrics['val_accuracy']:.2%}", flush=True)
    show(accuracies, seen)


if __name__ == "__main__":
    main()
