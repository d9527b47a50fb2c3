"""Images per second of whole epochs, against two loops without autocnn and the processor's peak.

    python benchmarks/training.py [--networks fashion 32 64] [--batch 256] [--cores 2]

`fashion` is a network of search_spaces/fashion_mnist.yaml, a number the width of six 3x3
convolutions; 32 is the reference network of 29 million MACs. All train the same network on the
same images with the same batch size, rate, momentum and decay, on the same cores:

- `tutorial`: a DataLoader over a dataset that turns each image into a float tensor and normalises
  it, float32, NCHW, torch.optim.SGD as it comes. Aim: autocnn is 6 times as fast.
- `bfloat16`: what is written by hand for speed: all images normalised in memory, channels last,
  bfloat16 by autocast, the fused optimizer. Aim: 1.3 times.
- `autocnn`: `autocnn.training.train` with this machine's measured plan and the default recipe,
  average of the weights, flips, shifts and an evaluation at the end of the epoch included, in one
  process per core as the finals of a search run it; the loops above have one thread per core,
  neither augment nor evaluate.

`of peak` is what autocnn's multiplications and additions, three times those of a forward pass,
are of those of a bfloat16 matrix product of 1024x1024 in the same rounds. Aim: 40 %. All run in
turns, and the median round of each counts, so that other load on the machine falls on all.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from autocnn.data import from_arrays
from autocnn.network import build, cost
from autocnn.search.cores import allowed_cores, pin
from autocnn.search.executors import ProcessExecutor
from autocnn.search.job import Failed, Job, Lost, Progressed
from autocnn.space import Candidate
from autocnn.training import measure_plan, read_candidate_json
from autocnn.training.process_group import new_address


def six_convolutions(width: int) -> list[Any]:
    """Six 3x3 convolutions on 28x28x1 images, batch-normalised, two of them of stride 2."""
    stages = [(1, 1), (1, 1), (2, 2), (2, 1), (4, 2), (4, 1)]
    return [
        {"conv": {"channels": width * factor, "stride": stride, "norm": "batch"}}
        for factor, stride in stages
    ]


def fashion() -> list[Any]:
    """A network of the space for Fashion-MNIST: pooled before it is normalised."""
    layers: list[Any] = [{"conv": {"channels": 16, "kernel": 2, "padding": "valid"}}]
    for channels in (32, 64, 64):
        pooled = {"conv": {"channels": channels, "bias": False, "activation": "none"}}
        layers += [pooled, "pool", {"norm": {}}, {"activation": {"kind": "relu"}}]
        layers += [{"conv": {"channels": channels, "norm": "batch"}}]
    return layers


def candidate(network: str, batch: int) -> Candidate:
    """The network of this name with the default recipe."""
    body = fashion() if network == "fashion" else six_convolutions(int(network))
    head = [{"global_pool": {}}, {"linear": {"units": 10, "activation": "none"}}]
    return read_candidate_json(
        {
            "data": {"shape": [1, 28, 28], "classes": 10},
            "architecture": [*body, *head],
            "training": {"batch_size": batch, "augment": ["hflip", "shift"]},
        }
    )


SGD: dict[str, Any] = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}


class Images(TorchDataset[tuple[Tensor, Tensor]]):
    """A dataset as a tutorial writes it: one image at a time."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = torch.from_numpy(self.x[index]).float().div(255)[None]
        return (image - 0.5) / 0.25, torch.tensor(self.y[index])


def tutorial(candidate: Candidate, batch: int, x: np.ndarray, y: np.ndarray) -> Iterator[None]:
    """One step of a plain loop for each value asked for."""
    module = build(candidate.architecture)
    optimizer = torch.optim.SGD(module.parameters(), **SGD)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    while True:
        for images, labels in DataLoader(Images(x, y), batch_size=batch, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(module(images), labels)
            loss.backward()
            optimizer.step()
            loss.item()
            yield


def bfloat16(candidate: Candidate, batch: int, x: np.ndarray, y: np.ndarray) -> Iterator[None]:
    """One step of a fast loop over tensors in memory for each value asked for."""
    module = build(candidate.architecture).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(module.parameters(), **SGD, fused=True)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    images = ((torch.from_numpy(x)[:, None].float() / 255 - 0.5) / 0.25).bfloat16()
    images, labels = images.to(memory_format=torch.channels_last), torch.from_numpy(y)
    while True:
        for chosen in torch.randperm(len(x)).split(batch):
            with torch.autocast("cpu", torch.bfloat16):
                logits = module(images[chosen])
            loss = criterion(logits.float(), labels[chosen])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            yield


def peak() -> float:
    """Multiplications and additions per second of a bfloat16 matrix product."""
    a = torch.randn(1024, 1024).bfloat16()
    began, count = time.perf_counter(), 100
    for _ in range(count):
        a @ a
    return count * 2 * 1024**3 / (time.perf_counter() - began)


def plain_speed(steps: Iterator[None], images: int, batch: int) -> float:
    """Images per second of the plain loop."""
    began = time.perf_counter()
    for _ in range(images // batch):
        next(steps)
    return images // batch * batch / (time.perf_counter() - began)


def our_speed(executor: ProcessExecutor, job: Job) -> float:
    """Images per second of an epoch in all workers, its evaluation included."""
    size = executor.workers
    whole = replace(job, size=size, address=new_address() if size > 1 else "")
    for rank in range(size):
        executor.submit(replace(whole, rank=rank))
    speed = math.nan
    while executor.running():
        for event in executor.events(1.0):
            assert not isinstance(event, Failed | Lost), event.detail
            if isinstance(event, Progressed):
                speed = event.images / event.seconds
    return speed


def rounds(count: int, *runs: Callable[[], float]) -> list[float]:
    """The median speed of each run; the first round warms up."""
    speeds = [[run() for run in runs] for _ in range(count + 1)][1:]
    return [statistics.median(column) for column in zip(*speeds, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=["fashion", "32", "64"])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--images", type=int, default=2048, help="images per round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, default=len(allowed_cores()))
    options = parser.parse_args()
    torch.set_num_threads(options.cores)
    pin(allowed_cores()[: options.cores])
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (8192, 28, 28), dtype=np.uint8)
    y = generator.integers(0, 10, 8192)
    plan = measure_plan()
    print(" ".join(f"{key}={value}" for key, value in plan.to_json().items()))
    print(f"{'network':>8} {'tutorial':>9} {'bfloat16':>9} {'autocnn':>9}  of both    of peak")
    executor = ProcessExecutor(options.cores)
    with closing(executor), tempfile.TemporaryDirectory() as folder:
        dataset = from_arrays(x, y, cache=Path(folder))
        for name in options.networks:
            chosen = candidate(name, options.batch)
            loops = [loop(chosen, options.batch, x, y) for loop in (tutorial, bfloat16)]
            job = Job(
                purpose="final",
                number=0,
                candidate=chosen.to_json(),
                data=dataset.reference,
                plan=plan.to_json(),
                seed=0,
                until=len(dataset.train),
                horizon=None,
                evaluate_at=(),
                folder=folder,
            )
            runs = [partial(plain_speed, loop, options.images, options.batch) for loop in loops]
            plain, fast, ours, most = rounds(
                options.rounds, *runs, partial(our_speed, executor, job), peak
            )
            share = 6 * cost(chosen.architecture).macs * ours / most
            print(
                f"{name:>8} {plain:>9,.0f} {fast:>9,.0f} {ours:>9,.0f}  {ours / plain:.1f}x"
                f" {ours / fast:.1f}x  {share:>6.0%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
