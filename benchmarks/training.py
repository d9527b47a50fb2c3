"""Images per second of training, against the loop that tutorials write: at least 4x.

    python benchmarks/training.py [--widths 32 64] [--steps 12] [--rounds 4] [--threads 1]

Both train the same network on the same images with the same batch size, rate, momentum and
decay, on the same cores. The tutorial's loop is a DataLoader over a dataset that turns each image
into a float tensor and normalises it, float32, NCHW, torch.optim.SGD as it comes. Ours is
`autocnn.training.train` with this machine's measured plan and the default recipe, average of the
weights included. They run in turns, and the median round of each counts, so that other load on
the machine falls on both.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from autocnn import network
from autocnn.data import Dataset, from_arrays
from autocnn.space import Candidate
from autocnn.training import Plan, measure_plan, read_candidate_json, train

BATCH = 128


def candidate(width: int) -> Candidate:
    """Six 3x3 convolutions on 28x28x1 images, batch-normalised, two of them of stride 2."""
    stages = [(1, 1), (1, 1), (2, 2), (2, 1), (4, 2), (4, 1)]
    convs = [
        {"conv": {"channels": width * factor, "stride": stride, "norm": "batch"}}
        for factor, stride in stages
    ]
    head = [{"global_pool": {}}, {"linear": {"units": 10, "activation": "none"}}]
    return read_candidate_json(
        {
            "data": {"shape": [1, 28, 28], "classes": 10},
            "architecture": [*convs, *head],
            "training": {"batch_size": BATCH},
        }
    )


class Images(TorchDataset[tuple[Tensor, Tensor]]):
    """A dataset as a tutorial writes it: one image at a time."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = torch.from_numpy(self.x[index]).float().div(255)[None]
        return (image - 0.5) / 0.25, torch.tensor(self.y[index])


def tutorial(width: int, x: np.ndarray, y: np.ndarray) -> Iterator[None]:
    """One step of a plain loop for each value asked for."""
    module = network.build(candidate(width).architecture)
    optimizer = torch.optim.SGD(
        module.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    while True:
        for images, labels in DataLoader(Images(x, y), batch_size=BATCH, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(module(images), labels)
            loss.backward()
            optimizer.step()
            loss.item()
            yield


def plain_speed(steps: Iterator[None], count: int) -> float:
    """Images per second of so many steps of the plain loop."""
    began = time.perf_counter()
    for _ in range(count):
        next(steps)
    return count * BATCH / (time.perf_counter() - began)


def our_speed(width: int, dataset: Dataset, plan: Plan, count: int) -> float:
    """Images per second of so many steps of `train`, without its evaluation."""
    points = train(candidate(width), dataset, seed=0, until=count * BATCH, plan=plan)
    return next(points).images_per_second


def rounds(count: int, *runs: Callable[[], float]) -> list[float]:
    """The median speed of each run; the first round warms up."""
    speeds = [[run() for run in runs] for _ in range(count + 1)][1:]
    return [statistics.median(column) for column in zip(*speeds, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--steps", type=int, default=12, help="steps per round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (8192, 28, 28), dtype=np.uint8)
    y = generator.integers(0, 10, 8192)
    plan = measure_plan()
    print(" ".join(f"{key}={value}" for key, value in plan.to_json().items()))
    print(f"{'width':>5} {'plain images/s':>15} {'autocnn images/s':>17} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        dataset = from_arrays(x, y, cache=Path(folder))
        for width in options.widths:
            steps = tutorial(width, x, y)
            plain, ours = rounds(
                options.rounds,
                partial(plain_speed, steps, options.steps),
                partial(our_speed, width, dataset, plan, 2 * options.steps),
            )
            print(f"{width:>5} {plain:>15,.0f} {ours:>17,.0f} {ours / plain:>5.1f}x", flush=True)


if __name__ == "__main__":
    main()
