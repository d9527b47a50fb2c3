"""From the mapped images to batches: which, in what order, how large, how prepared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from autocnn.data import Dataset, Part
from autocnn.data.augment import Augmentation, Batch
from autocnn.data.onto import onto
from autocnn.training.balance import Balance
from autocnn.training.device_images import DeviceImages, gather
from autocnn.training.easy_images import EasyImages
from autocnn.training.plan import Plan
from autocnn.training.sampling import epoch_order, thinned_order
from autocnn.training.seeds import derive, seed_of_rank


def batch_bounds(images: int, batch_size: int) -> list[int]:
    """Where the batches of an epoch begin, and its end: every image once.

    A remainder of half a batch or more is a batch, a smaller one joins the last batch; so does a
    single image, of which norms could learn nothing.
    """
    count = max(1, (images + batch_size // 2) // batch_size)
    if count > 1 and images - (count - 1) * batch_size == 1:
        count -= 1
    return [*range(0, count * batch_size, batch_size), images]


class Drawn(NamedTuple):
    """What a process gets of a batch: `rows`, int64, are those of all of it, its own from `first`.

    Targets are classes int64 `(N,)`, or shares of classes float32 `(N, classes)` where an
    augmentation mixes images; for other tasks float32 `(N, outputs)`. Losses count by the
    `weights` `(N,)`, if any.
    """

    images: Tensor
    targets: Tensor
    weights: Tensor | None
    rows: Tensor
    first: int


class Batches:
    """The training batches of a part: an order per epoch, normalised and augmented tensors.

    Of each batch process `rank` gets the part that the `balance` says.
    """

    def __init__(
        self,
        part: Part,
        dataset: Dataset,
        plan: Plan,
        batch_size: int,
        augment: Sequence[Augmentation],
        seed: int,
        rank: int = 0,
        balance: Balance | None = None,
        oversample: float = 0.0,
        easy: EasyImages | None = None,
    ):
        self.images = len(part)
        self.bounds = batch_bounds(self.images, batch_size)
        self._targets = dataset.task.targets(part.labels, dataset.scale)
        self._part, self._augment, self._seed = part, augment, seed
        self._device = torch.device(plan.device)
        self._images = DeviceImages(part, self._device)
        self._rank, self._draws = rank, seed_of_rank(seed, rank)
        self._balance = balance or Balance(1, measured=False)
        self._normalise = Normalise(dataset, plan)
        self._classes = len(dataset.classes)
        self._generator = torch.Generator()
        self._oversample, self._easy = oversample, easy
        self._order: tuple[int, Tensor] | None = None

    def batch(self, epoch: int, index: int, size: tuple[int, int] | None = None) -> Drawn:
        """This process's part of a batch of an epoch, both from 0, images `(N, C, H, W)`.

        After all augmentations images are resized to `size`, their height and width.
        """
        rows = self._epoch(epoch)[self.bounds[index] : self.bounds[index + 1]]
        begin, stop = self._balance.bounds(len(rows))[self._rank :][:2]
        chosen = rows[begin:stop]
        images, targets = self._images.gather(chosen), onto(self._targets[chosen], self._device)
        batch = Batch(images, targets, self._part.indices[chosen], epoch, self._classes)
        if self._augment:
            step = epoch * (len(self.bounds) - 1) + index
            self._generator.manual_seed(derive(self._draws, "augmentation", step))
            for augmentation in self._augment:
                batch = augmentation.change(batch, self._generator)
        images = batch.images
        if size is not None and size != tuple(images.shape[2:]):
            images = _resized(images, size)
        return Drawn(
            self._normalise(images),
            batch.targets,
            None if self._easy is None else onto(self._easy.weights(chosen), self._device),
            rows,
            begin,
        )

    def _epoch(self, epoch: int) -> Tensor:
        if self._order is None or self._order[0] != epoch:
            self._generator.manual_seed(derive(self._seed, "order", epoch))
            if self._easy is not None:
                order = thinned_order(self._easy.chances, self._generator)
            else:
                order = epoch_order(self._part.labels, self._oversample, self._generator)
            self._order = epoch, order
        return self._order[1]


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images of this height and width; only the CPU resizes uint8."""
    values = images if images.device.type == "cpu" else images.float()
    return interpolate(values, size=size, mode="bilinear", antialias=True)


class Normalise:
    """From uint8 to the network's input: less the mean, divided by the standard deviation."""

    def __init__(self, dataset: Dataset, plan: Plan):
        mean = torch.tensor(dataset.mean, dtype=torch.float64) * 255
        std = torch.tensor(dataset.std, dtype=torch.float64) * 255
        low = plan.stem == "bfloat16"
        self._type = torch.bfloat16 if low else torch.float32
        self._device = torch.device(plan.device)
        self._last = plan.layout == "channels_last"
        shape = (1, len(dataset.mean), 1, 1)
        self._mean = mean.to(self._type).reshape(shape).to(plan.device)
        self._scale = (1 / std).to(self._type).reshape(shape).to(plan.device)

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 `(N, C, H, W)` to floating point of mean 0 and deviation 1 over the train part."""
        values = onto(images, self._device).to(self._type)
        values = values.sub_(self._mean).mul_(self._scale)
        return values if self._last else values.contiguous()


def sample(part: Part, dataset: Dataset, plan: Plan, most: int = 1024) -> Tensor:
    """At most so many images `(N, C, H, W)` of a part, evenly spread over it, normalised."""
    places = torch.linspace(0, len(part) - 1, min(len(part), most), dtype=torch.float64)
    return Normalise(dataset, plan)(gather(part, places.round().long()))
