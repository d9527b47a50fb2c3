"""Train one candidate on every fold at once: a generator of points that are means over them."""

from __future__ import annotations

import bisect
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from autocnn.data import Dataset
from autocnn.space.candidate import Candidate
from autocnn.training.checkpoint import FOLDS, read_checkpoint
from autocnn.training.loop import train
from autocnn.training.metrics import named
from autocnn.training.plan import Plan
from autocnn.training.point import Kept, Point
from autocnn.training.recipe import recipe_of
from autocnn.training.seeds import derive
from autocnn.training.state import Best

Document = Mapping[str, Any] | None
"""What a checkpoint has of one network; None before its first step."""

Run = Iterator[Point]


@dataclass
class FoldStates:
    """The networks of all folds, as one thing that a checkpoint is written of.

    What is asked of one network is answered for that of the first fold.
    """

    states: Sequence[Kept]
    best: Best | None = None

    def weights(self) -> dict[str, Tensor]:
        """The present weights."""
        return self.states[0].weights()

    def document(self) -> dict[str, Any]:
        """All of it, for a checkpoint."""
        return {FOLDS: [state.document() for state in self.states]}


def train_folds(
    candidate: Candidate,
    dataset: Dataset,
    *,
    seed: int,
    until: int,
    evaluate_at: Sequence[int],
    horizon: int | None,
    plan: Plan,
    start: Path | None,
    deadline: float | None,
    objective: str,
) -> Iterator[Point]:
    """Train a network for each fold to `until` images, as `train` does; yield their means.

    All networks reach a point before the next one is begun, so that a checkpoint holds all of
    them at the same moment; that of `start` is such a one. A point's metrics are means over the
    folds, `<objective>_error` is the standard error of the objective's. `images` counts those that
    each network has seen at least, `images_per_second` those of all. The best point and `patience`
    go by the mean. Until the first point each fold gets its part of the time; where that is too
    short the point tells what they came to; a later point that not all come to is left out.
    """
    recipe = recipe_of(candidate)
    alone = replace(candidate, training=recipe.model_copy(update={"patience": 0}))
    began = time.monotonic()
    documents = [None] * dataset.networks if start is None else read_checkpoint(start)[FOLDS]
    moments = sorted({*(at for at in evaluate_at if at < until), until})

    def run(number: int, document: Document, end: float | None) -> Run:
        return train(
            alone,
            dataset.fold(number),
            seed=derive(seed, "fold", number) % 2**32,
            until=until,
            horizon=horizon,
            plan=plan,
            start=document,
            deadline=end,
            objective=objective,
            moments=_first_of(moments),
        )

    bests = [document and document["best"] and Best(**document["best"]) for document in documents]
    sign = 1 if named(objective).maximize else -1
    for points in _rounds(run, documents, deadline, moments):
        whole, best = _mean(points, objective, began), bests[0]
        if whole.reason == "deadline" and objective not in whole.metrics:
            return
        if objective in whole.metrics:
            score = sign * whole.metrics[objective]
            if best is None or score > best.score:
                bests = [Best(score, whole.images, point.state.weights()) for point in points]
            elif recipe.patience and _epochs_since(best, whole) >= recipe.patience:
                whole = replace(whole, reason="patience")
        for point, best in zip((whole, *points), (bests[0], *bests), strict=True):
            point.state.best = best
        yield whole
        if whole.reason is not None or whole.images >= until:
            return


def _rounds(
    run: Callable[[int, Document, float | None], Run],
    documents: Sequence[Document],
    deadline: float | None,
    moments: list[int],
) -> Iterator[Sequence[Point]]:
    """The points of all folds, one round after the other, each at the first of the `moments` left.

    Folds differ in size, so a batch takes one past the next moment and not another: the one that
    is past gives its point again. A moment that all are past has had its point.
    """
    _drop_past(moments, min(document["images"] if document else 0 for document in documents))
    if documents[0] is None and deadline is not None:
        firsts: list[Point] = []
        for number, document in enumerate(documents):
            now = time.monotonic()
            share = (deadline - now) / (len(documents) - number)
            firsts.append(next(run(number, document, now + share)))
        _drop_past(moments, min(point.images for point in firsts))
        yield firsts
        if any(point.reason is not None for point in firsts):
            return
        documents = [point.state.document() for point in firsts]
    runs = [run(number, document, deadline) for number, document in enumerate(documents)]
    for points in zip(*runs, strict=False):
        if any(point.reason == "deadline" for point in points):
            return
        _drop_past(moments, min(point.images for point in points))
        yield points


def _first_of(moments: Sequence[int]) -> Iterator[int]:
    """The first one, as long as there is one."""
    while moments:
        yield moments[0]


def _drop_past(moments: list[int], images: int) -> None:
    del moments[: bisect.bisect_right(moments, images)]


def _mean(points: Sequence[Point], objective: str, began: float) -> Point:
    """One point of those of all folds."""
    known = set.intersection(*(set(point.metrics) for point in points))
    metrics = {
        name: statistics.fmean(point.metrics[name] for point in points)
        for name in points[0].metrics
        if name in known
    }
    if objective in known:
        spread = statistics.stdev(point.metrics[objective] for point in points)
        metrics[f"{objective}_error"] = spread / math.sqrt(len(points))
    return Point(
        images=min(point.images for point in points),
        epoch=statistics.fmean(point.epoch for point in points),
        metrics=metrics,
        lr=points[0].lr,
        seconds=time.monotonic() - began,
        images_per_second=statistics.harmonic_mean([p.images_per_second for p in points]),
        reason=next((point.reason for point in points if point.reason), None),
        state=FoldStates([point.state for point in points]),
    )


def _epochs_since(best: Best, point: Point) -> float:
    return point.epoch * (1 - best.images / point.images)
