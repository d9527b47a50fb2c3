"""What training a candidate will take, foretold without building it: memory and time."""

from __future__ import annotations

import time
from collections.abc import Callable

from autocnn.network import cost
from autocnn.space.candidate import Candidate
from autocnn.training.plan import Plan
from autocnn.training.recipe import recipe_of

COPIES = 5
"""Float32 copies of each parameter: weight, gradient, average, two of the optimizer."""

KEPT = 2
"""Values kept for the way back for each activation: what the norm and what the next layer saw."""

ROUNDS, VALUES = 30, 2**18

REFERENCE = 4e9
"""What `core_speed` gave on the core on which the times below were measured."""

TIMES = {False: (50e-12, 36e-9), True: (10e-12, 24e-9)}
"""Seconds per MAC and per activation of a training step, in float32 and with low precision.

Fitted to seven candidates of the spaces fashion_mnist, resnet, vgg, mobilenet and quickstart: all
but one lie within a factor of two of what these give, that one within three.
"""


def batch_bytes(candidate: Candidate, plan: Plan) -> float:
    """Memory for a training step over one batch: parameters and what is kept for the way back."""
    counts, recipe = cost(candidate.architecture), recipe_of(candidate)
    width = 2 if plan.low else 4
    kept = KEPT * width * counts.activations * recipe.batch_size
    return float(4 * COPIES * counts.params + kept)


def seconds(plan: Plan, images: int) -> Callable[[Candidate], float]:
    """A forecast of the seconds that training on so many images takes one core of this machine.

    The core's speed is measured at once, in some milliseconds. Right within a factor of two to
    three: what decides is the number of activations, then that of MACs. Where images are smaller
    at first, it is the mean over the training; its share of a pretraining is added.
    """
    slower = REFERENCE / core_speed()

    def foretold(candidate: Candidate) -> float:
        recipe = recipe_of(candidate)
        each = image_seconds(candidate, plan.low)
        return slower * images * each * (recipe.mean_pixels + recipe.pretrain_share)

    return foretold


def image_seconds(candidate: Candidate, low: bool) -> float:
    """Seconds of the reference core for an image of full size in training."""
    counts, (per_mac, per_activation) = cost(candidate.architecture), TIMES[low]
    return per_mac * counts.macs + per_activation * counts.activations


def core_speed() -> float:
    """Values per second that one core computes in passes over an array, as activations are."""
    import numpy as np

    x = np.ones(VALUES, np.float32)
    y = np.empty_like(x)
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        np.multiply(x, 1.5, out=y)
        np.maximum(y, 0.5, out=y)
        np.add(x, y, out=y)
        best = min(best, time.thread_time() - began)
    return 3 * VALUES / max(best, 1e-9)
