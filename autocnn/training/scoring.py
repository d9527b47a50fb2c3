"""Scores of a network before it is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from autocnn.data import Dataset
from autocnn.network import build
from autocnn.space.candidate import Candidate
from autocnn.training.batches import sample
from autocnn.training.plan import Plan
from autocnn.training.recipe import recipe_of
from autocnn.training.scores import InitialScore
from autocnn.training.seeds import derive

BATCH = 32
"""So many images of the train part are looked at."""


def initial_scores(
    scores: Sequence[InitialScore], candidate: Candidate, dataset: Dataset, seed: int
) -> dict[str, float]:
    """The scores by name, on one batch, in float32 and by one thread; those that are finite.

    The weights are those that a training with this seed begins with. It takes about as long as a
    training step for each score.
    """
    recipe = recipe_of(candidate)
    part, found = dataset.train, dict[str, float]()
    images = sample(part, dataset, Plan(), BATCH)
    places = torch.linspace(0, len(part) - 1, len(images), dtype=torch.float64).round().long()
    targets = dataset.task.targets(part.labels, dataset.scale)[places]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            for score in scores:
                torch.manual_seed(derive(seed, "weights", 0))
                module = build(candidate.architecture)
                value = score.value(module, images, lambda out: recipe.loss.value(out, targets))
                if math.isfinite(value):
                    found[score.word] = value
    finally:
        torch.set_num_threads(threads)
    return found
