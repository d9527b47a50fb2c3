"""The `training` part of a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationInfo, model_validator

from autocnn.data.augment import AUGMENTATIONS, Augmentation
from autocnn.registry import Listed, OneOf, Options, OrEmpty, OrNone, Whole
from autocnn.training.averages import AVERAGES, EMA, Averaging
from autocnn.training.losses import LOSSES, CrossEntropy, Loss
from autocnn.training.optimizers import OPTIMIZERS, SGD, Optimizer
from autocnn.training.regularizers import REGULARIZERS, Regularizer
from autocnn.training.schedules import SCHEDULES, OneCycle, Schedule

if TYPE_CHECKING:
    from torch import Tensor


class Recipe(Options):
    """How a network is trained.

    `oversample`, in [0, 1], shows images of rare classes more often, without making an epoch
    longer: a class of n images has a share in it proportional to n ** (1 - oversample), so that at
    1 all classes are alike. `epochs` is the length of a full training. Evaluation and the result
    use the `average` of the weights over steps, where there is one. `regularize` lists what draws
    the weights to zero beside the optimizer's own decay. `clip` is the largest norm of the
    gradient. `patience` ends a training after so many epochs without a better value of the
    objective on validation; 0 never does. With `tta` (test-time augmentation) the result's
    predictions are averages over what the augmentations can do without chance, such as mirroring;
    rungs are measured without it.
    """

    optimizer: Annotated[Optimizer, OneOf(OPTIMIZERS)] = SGD()
    schedule: Annotated[Schedule, OneOf(SCHEDULES)] = OneCycle()
    loss: Annotated[Loss, OneOf(LOSSES)] = CrossEntropy()
    batch_size: Annotated[Whole, Field(ge=2, le=65536)] = 128
    oversample: Annotated[float, Field(ge=0, le=1)] = 0.0
    augment: Annotated[
        tuple[Annotated[Augmentation, OneOf(AUGMENTATIONS)], ...], Listed, OrEmpty
    ] = ()
    epochs: Annotated[Whole, Field(ge=1, le=100_000)] = 12
    average: Annotated[Annotated[Averaging, OneOf(AVERAGES)] | None, OrNone] = EMA()
    regularize: Annotated[
        tuple[Annotated[Regularizer, OneOf(REGULARIZERS)], ...], Listed, OrEmpty
    ] = ()
    clip: Annotated[Annotated[float, Field(gt=0)] | None, OrNone] = None
    patience: Annotated[Whole, Field(ge=0, le=100_000)] = 0
    tta: bool = False

    @model_validator(mode="after")
    def _fits_the_classes(self, info: ValidationInfo) -> Recipe:
        classes, weights = (info.context or {}).get("classes"), self.loss.class_weights
        if classes and isinstance(weights, tuple) and len(weights) != classes:
            text = f"`class_weights` must be one for each of {classes} classes"
            raise ValueError(f"{text}, got {len(weights)}")
        return self

    def views(self, images: Tensor) -> list[Tensor]:
        """The images `(N, C, H, W)` and, with `tta`, the versions to average logits over."""
        found = [images]
        if self.tta:
            for augmentation in self.augment:
                found += [view for image in found for view in augmentation.views(image)]
        return found
