"""The `training` part of a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from autocnn.data.augment import AUGMENTATIONS, Augmentation
from autocnn.registry import Listed, OneOf, Options, Whole
from autocnn.training.losses import LOSSES, CrossEntropy, Loss
from autocnn.training.optimizers import OPTIMIZERS, SGD, Optimizer
from autocnn.training.schedules import SCHEDULES, OneCycle, Schedule

if TYPE_CHECKING:
    from torch import Tensor


def _none_is_null(value: object) -> object:
    return None if value == "none" else value


def _none_is_empty(value: object) -> object:
    return () if value is None or value == "none" else value


OrNone = BeforeValidator(_none_is_null)
"""Lets the word `none` serve where an option may be off."""

OrEmpty = BeforeValidator(_none_is_empty)
"""Lets the word `none` serve for an empty list."""


class Recipe(Options):
    """How a network is trained.

    `epochs` is the length of a full training. `ema` averages the weights over steps with this
    decay (less at the start); evaluation and the result use the average. `clip` is the largest
    norm of the gradient. `patience` ends a training after so many epochs without a better
    validation accuracy; 0 never does. With `tta` (test-time augmentation) the result's predictions
    are averages over what the augmentations can do without chance, such as mirroring; rungs
    are measured without it.
    """

    optimizer: Annotated[Optimizer, OneOf(OPTIMIZERS)] = SGD()
    schedule: Annotated[Schedule, OneOf(SCHEDULES)] = OneCycle()
    loss: Annotated[Loss, OneOf(LOSSES)] = CrossEntropy()
    batch_size: Annotated[Whole, Field(ge=2, le=65536)] = 128
    augment: Annotated[
        tuple[Annotated[Augmentation, OneOf(AUGMENTATIONS)], ...], Listed, OrEmpty
    ] = ()
    epochs: Annotated[Whole, Field(ge=1, le=100_000)] = 12
    ema: Annotated[Annotated[float, Field(gt=0, lt=1)] | None, OrNone] = 0.998
    clip: Annotated[Annotated[float, Field(gt=0)] | None, OrNone] = None
    patience: Annotated[Whole, Field(ge=0, le=100_000)] = 0
    tta: bool = False

    def views(self, images: Tensor) -> list[Tensor]:
        """The images `(N, C, H, W)` and, with `tta`, the versions to average logits over."""
        found = [images]
        if self.tta:
            for augmentation in self.augment:
                found += [view for image in found for view in augmentation.views(image)]
        return found
