"""How long a network takes for some images on one core of this machine."""

from __future__ import annotations

import statistics
import time

from autocnn.network import build
from autocnn.space import Architecture

REPETITIONS = 7
SECONDS = 1.0
"""After this time no further repetition is begun; there are three at least."""


def latency(architecture: Architecture, batch: int = 1) -> float:
    """Seconds of one core for a batch, without gradients, in float32: the median of a few.

    It is time of the processor, not of the clock, so that other processes disturb it little.
    Weights are random: the time does not depend on them.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            module = build(architecture).eval()
            images = torch.zeros(batch, *architecture.shape)
            module(images)
            times: list[float] = []
            while len(times) < 3 or (len(times) < REPETITIONS and sum(times) < SECONDS):
                began = time.thread_time()
                module(images)
                times.append(time.thread_time() - began)
            return statistics.median(times)
    finally:
        torch.set_num_threads(threads)
