"""How long a network takes for some images on one core of this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal

from autocnn.network import build
from autocnn.space import Architecture

REPETITIONS = 7
SECONDS = 1.0
"""After this time no further repetition is begun; there are three at least."""

Runtime = Literal["torch", "onnx"]


def latency(architecture: Architecture, batch: int = 1, runtime: Runtime = "torch") -> float:
    """Seconds of one core for a batch, without gradients, in float32: the median of a few.

    It is time of the processor, not of the clock, so that other processes disturb it little.
    Weights are random: the time does not depend on them. Raises SpaceError (A10) for networks
    that ONNX Runtime cannot run.
    """
    import torch

    with _one_thread(), torch.random.fork_rng(devices=[]), torch.no_grad():
        module = build(architecture).eval()
        images = torch.zeros(batch, *architecture.shape)
        if runtime == "onnx":
            from autocnn.network.onnx_model import onnx_call

            run = onnx_call(module, images)
        else:
            run = partial(module, images)
        with torch.inference_mode():
            run()
            times: list[float] = []
            while len(times) < 3 or (len(times) < REPETITIONS and sum(times) < SECONDS):
                began = time.thread_time()
                run()
                times.append(time.thread_time() - began)
    return statistics.median(times)


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
