"""The `training` part of a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from autocnn.data.augment import AUGMENTATIONS, Augmentation
from autocnn.data.tasks import TASKS
from autocnn.network.map_layers import map_layers
from autocnn.network.other_size import fault_at
from autocnn.registry import Listed, OneOf, Options, OrEmpty, OrNone, Whole
from autocnn.training.averages import AVERAGES, EMA, Averaging
from autocnn.training.losses import LOSSES, CrossEntropy, Loss
from autocnn.training.optimizers import OPTIMIZERS, SGD, Optimizer
from autocnn.training.pretraining import PRETRAININGS, Pretraining
from autocnn.training.progressive import Progressive, Size
from autocnn.training.regularizers import REGULARIZERS, Regularizer
from autocnn.training.schedules import SCHEDULES, OneCycle, Schedule

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.space import Candidate


class Recipe(Options):
    """How a network is trained.

    The default of `loss` is that of the data's task. `oversample`, in [0, 1], shows images of rare
    classes more often, without making an epoch longer: a class of n images has a share in it
    proportional to n ** (1 - oversample), so that at 1 all classes are alike. `skip_easy`, in
    [0, 1), is the share of the images with a loss below the mean that is left out, others each
    time, while those that are shown count as much more; the rest comes more often in their place.
    The last eighth of a training shows all alike (https://arxiv.org/abs/2303.04947).
    `progressive` begins with smaller images, which needs a network that takes them, without
    `flatten` most often.
    `epochs` is the length of a full training. Evaluation and the result use the `average` of the
    weights over steps, where there is one. `regularize` lists what draws the weights to zero
    beside the optimizer's own decay. `clip` is the largest norm of the gradient. `patience` ends a
    training after so many epochs without a better value of the objective on validation; 0 never
    does. With `tta` (test-time augmentation) the result's predictions are averages over what the
    augmentations can do without chance, such as mirroring; rungs are measured without it.

    With `pretrain` the layers learn from the images without their classes first; the epochs of
    that come before those of the training and count as such in a budget.

    Two are for networks that know something already: all but the last layer keep their weights,
    and drop nothing, for the first `frozen_epochs`; then the first layer learns at `early_rate`
    times the learning rate, and from layer to layer it grows by the same factor up to the last
    (https://arxiv.org/abs/1801.06146). With frozen epochs the norms before the last layer keep
    their statistics to the end.
    """

    optimizer: Annotated[Optimizer, OneOf(OPTIMIZERS)] = SGD()
    schedule: Annotated[Schedule, OneOf(SCHEDULES)] = OneCycle()
    loss: Annotated[Loss, OneOf(LOSSES)] = CrossEntropy()
    batch_size: Annotated[Whole, Field(ge=2, le=65536)] = 128
    oversample: Annotated[float, Field(ge=0, le=1)] = 0.0
    skip_easy: Annotated[float, Field(ge=0, lt=1)] = 0.0
    augment: Annotated[
        tuple[Annotated[Augmentation, OneOf(AUGMENTATIONS)], ...], Listed, OrEmpty
    ] = ()
    progressive: Annotated[Progressive | None, OrNone] = None
    epochs: Annotated[Whole, Field(ge=1, le=100_000)] = 12
    average: Annotated[Annotated[Averaging, OneOf(AVERAGES)] | None, OrNone] = EMA()
    regularize: Annotated[
        tuple[Annotated[Regularizer, OneOf(REGULARIZERS)], ...], Listed, OrEmpty
    ] = ()
    clip: Annotated[Annotated[float, Field(gt=0)] | None, OrNone] = None
    patience: Annotated[Whole, Field(ge=0, le=100_000)] = 0
    tta: bool = False
    pretrain: Annotated[Annotated[Pretraining, OneOf(PRETRAININGS)] | None, OrNone] = None
    frozen_epochs: Annotated[Whole, Field(ge=0, le=100_000)] = 0
    early_rate: Annotated[float, Field(gt=0, le=1)] = 1.0

    @field_validator("progressive")
    @classmethod
    def _fits_the_network(
        cls, progressive: Progressive | None, info: ValidationInfo
    ) -> Progressive | None:
        architecture = (info.context or {}).get("architecture")
        if progressive is not None and architecture is not None:
            for height, width in progressive.smaller(architecture.shape[1:]):
                fault = fault_at(architecture, (height, width))
                if fault:
                    raise ValueError(f"the network does not take {height}x{width}: {fault}")
        return progressive

    @field_validator("pretrain")
    @classmethod
    def _has_maps(cls, pretrain: Pretraining | None, info: ValidationInfo) -> Pretraining | None:
        architecture = (info.context or {}).get("architecture")
        if pretrain is not None and architecture is not None and not map_layers(architecture)[0]:
            raise ValueError("the network has no layers with maps that could learn from images")
        return pretrain

    @model_validator(mode="before")
    @classmethod
    def _loss_of_the_task(cls, given: Any, info: ValidationInfo) -> Any:
        """Without a loss, that of the task."""
        task = (info.context or {}).get("task", "")
        if task not in TASKS or not isinstance(given, Mapping) or "loss" in given:
            return given
        return {**given, "loss": TASKS[task].loss}

    @model_validator(mode="after")
    def _fits_the_data(self, info: ValidationInfo) -> Recipe:
        context = info.context or {}
        classes, task = context.get("classes"), context.get("task", self.loss.tasks[0])
        for name in ("class_weights", "pos_weight"):
            weights = getattr(self.loss, name, None)
            if classes and isinstance(weights, tuple) and len(weights) != classes:
                thing = TASKS[self.loss.tasks[0]].thing[1]
                text = f"`{name}` must be one for each of {classes} {thing}"
                raise ValueError(f"{text}, got {len(weights)}")
        if LOSSES.misfit(self.loss.word, task):
            raise ValueError(LOSSES.misfit(self.loss.word, task))
        if task != "classification" and self.oversample:
            raise ValueError(f"`oversample` is by classes; {task} has none")
        if self.oversample and self.skip_easy:
            raise ValueError("`oversample` and `skip_easy` both say how often images are shown")
        return self

    @model_validator(mode="after")
    def _has_rates(self) -> Recipe:
        if self.early_rate != 1 and not self.optimizer.scheduled:
            raise ValueError(
                f"`early_rate` needs an optimizer with a learning rate for each step, "
                f"which {self.optimizer.word} has not"
            )
        return self

    def size(self, progress: float, full: Size) -> Size:
        """Height and width of images at a share of the training, of this full size."""
        return full if self.progressive is None else self.progressive.size(progress, full)

    def pixels(self, progress: float) -> float:
        """The share of its pixels that an image has at a share of the training."""
        return 1.0 if self.progressive is None else self.progressive.side(progress) ** 2

    @property
    def mean_pixels(self) -> float:
        """The share of its pixels that an image has in the mean over a whole training."""
        return 1.0 if self.progressive is None else self.progressive.mean_pixels

    @property
    def pretrain_share(self) -> float:
        """Epochs of pretraining over those of the training."""
        return 0.0 if self.pretrain is None else self.pretrain.epochs / self.epochs

    @property
    def view_count(self) -> int:
        """How many versions of an image a prediction averages over."""
        import torch  # slow, and needed nowhere else here

        return len(self.views(torch.zeros(1, 1, 2, 2)))

    def views(self, images: Tensor) -> list[Tensor]:
        """The images `(N, C, H, W)` and, with `tta`, the versions to average logits over."""
        found = [images]
        if self.tta:
            for augmentation in self.augment:
                found += [view for image in found for view in augmentation.views(image)]
        return found


def recipe_of(candidate: Candidate) -> Recipe:
    """How a candidate is trained."""
    assert isinstance(candidate.training, Recipe)
    return candidate.training
