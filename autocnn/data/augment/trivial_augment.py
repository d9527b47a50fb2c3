"""One change of one strength for each image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.affine import Fill, warp
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.colour import grays, recolour, saturation_matrices
from autocnn.data.augment.draws import some, uniform
from autocnn.data.augment.levels import as_levels
from autocnn.data.augment.pointwise import (
    auto_contrast,
    equalise,
    posterise,
    sharpen,
    solarise,
)
from autocnn.data.augment.some_images import put, take
from autocnn.data.onto import onto

if TYPE_CHECKING:
    import torch

GEOMETRY = ("rotate", "shear_x", "shear_y", "shift_x", "shift_y")
COLOUR = ("brightness", "contrast", "saturation")
LEVELS = ("posterise", "solarise", "auto_contrast", "equalise", "sharpness")
KINDS = (*GEOMETRY, *COLOUR, *LEVELS, "identity")
FARTHEST = 0.45
"""Largest shift as a share of the side: the paper's 32 pixels would empty a small image."""


@AUGMENTATIONS.register("trivial_augment")
class TrivialAugment(Augmentation):
    """Change each image in one way of fourteen, at a strength, both drawn evenly.

    The ways and their strengths are the paper's wide ones: turn, slant, shift, brightness,
    contrast, saturation, sharpness, posterise, solarise, stretched contrast, equalised levels,
    none. An image is changed with this probability; `fill` says what comes into view.
    """

    paper = "https://arxiv.org/abs/2103.10158"

    probability: float = Field(1.0, ge=0, le=1)
    fill: Fill = "zero"

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        import torch

        kinds = torch.randint(len(KINDS), (len(images),), generator=generator)
        # All draws stay on the processor, so that nobody waits for a GPU to tell the rows.
        strengths, signs = uniform(kinds, generator), uniform(kinds, generator, -1, 1).sign()
        kinds[~some(kinds, generator, self.probability)] = KINDS.index("identity")
        places, changed = [onto(kinds[:0], images.device)], [images[:0]]
        for words, change in ((GEOMETRY, self._move), (COLOUR, _colour), *_SINGLE):
            of = torch.stack([kinds == KINDS.index(word) for word in words])
            rows = of.any(0).nonzero()[:, 0]
            if len(rows):
                given = rows, of[:, rows] * strengths[rows], signs[rows]
                there, own, sign = (onto(tensor, images.device) for tensor in given)
                changed.append(change(take(images, there), own, sign))
                places.append(there)
        return put(images, torch.cat(places), torch.cat(changed))

    def _move(
        self, images: torch.Tensor, strengths: torch.Tensor, signs: torch.Tensor
    ) -> torch.Tensor:
        angle, shear_x, shear_y, shift_x, shift_y = strengths * signs
        angle = angle * math.radians(135)
        cos, sin = angle.cos(), angle.sin()
        matrices = ((cos, sin + 0.99 * shear_x), (0.99 * shear_y - sin, cos))
        height, width = images.shape[2:]
        offsets = (FARTHEST * width * shift_x, FARTHEST * height * shift_y)
        return warp(images, matrices, offsets, self.fill)


def _colour(images: torch.Tensor, strengths: torch.Tensor, signs: torch.Tensor) -> torch.Tensor:
    brightness, contrast, saturation = 1 + 0.99 * strengths * signs
    values = images.float()
    offset = grays(values) * (1 - contrast)
    factor = brightness * contrast
    if images.shape[1] == 3:
        factor = factor[:, None, None] * saturation_matrices(saturation)
    return recolour(images, values, factor, offset)


def _posterise(images: torch.Tensor, strengths: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return as_levels(posterise(images.float(), 8 - (6 * strengths[0]).round()), images)


def _solarise(images: torch.Tensor, strengths: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return as_levels(solarise(images.float(), 256 * (1 - strengths[0])), images)


def _auto_contrast(images: torch.Tensor, _s: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return as_levels(auto_contrast(images.float()), images)


def _equalise(images: torch.Tensor, _s: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return as_levels(equalise(images.float()), images)


def _sharpen(images: torch.Tensor, strengths: torch.Tensor, signs: torch.Tensor) -> torch.Tensor:
    return as_levels(sharpen(images.float(), 1 + 0.99 * strengths[0] * signs), images)


_SINGLE = (
    (("posterise",), _posterise),
    (("solarise",), _solarise),
    (("auto_contrast",), _auto_contrast),
    (("equalise",), _equalise),
    (("sharpness",), _sharpen),
)
