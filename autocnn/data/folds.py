"""Folds for cross-validation: parts of the training images that take turns to validate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autocnn.data.splits import Rows, hold_out, hold_out_groups, joined
from autocnn.errors import DataError, Problem


def deal(
    labels: Rows,
    same: Rows,
    keys: Rows | None,
    classes: tuple[str, ...],
    folds: int,
    seed: int,
) -> NDArray[np.int64]:
    """Give each image a fold in [0, folds), `(N,)`: equal shares of each class in all of them.

    Equal images, by their numbers `same`, and those of one group, by `keys`, are in one fold.
    Raises DataError where a class has fewer distinct images than there are folds, or a fold gets
    nothing.
    """
    numbers = np.full(len(labels), folds - 1, np.int64)
    if keys is None:
        _need_images(labels, same, classes, folds)
    together = None if keys is None else joined(same, keys)
    left = np.arange(len(labels))
    for fold in range(folds - 1):
        share, part = 1 / (folds - fold), f"fold {fold}"
        if together is None:
            chosen = hold_out(labels[left], same[left], classes, share=share, seed=seed, part=part)
        else:
            chosen = hold_out_groups(
                labels[left], together[left], share=share, seed=seed, part=part
            )
        numbers[left[chosen]] = fold
        left = left[~chosen]
    if (np.bincount(numbers, minlength=folds) == 0).any():
        groups = len(np.unique(together)) if together is not None else len(labels)
        text = f"{folds} folds of {len(labels)} images in {groups} groups: a fold gets none"
        raise DataError(Problem("D05", text, "data.validation.folds"))
    return numbers


def _need_images(labels: Rows, same: Rows, classes: tuple[str, ...], folds: int) -> None:
    """Raise where a class cannot be in every fold."""
    pairs = np.unique(np.stack([labels, same]), axis=1)[0]
    counts = np.bincount(pairs, minlength=len(classes))
    rare = [f"{classes[i]} ({n})" for i, n in enumerate(counts.tolist()) if 0 < n < folds]
    if rare:
        there = int((counts > 0).sum())
        text = (
            f"{there} classes in {folds} folds need {there} x {folds} = {there * folds} distinct "
            f"images, {folds} of each class; too few: {', '.join(rare[:20])}"
        )
        raise DataError(Problem("D05", text, "data.validation.folds"))
