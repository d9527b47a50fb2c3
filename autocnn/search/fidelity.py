"""Less than the whole for the trials of a search: to rank networks, not to know them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from autocnn.data.options import LARGEST_SIDE
from autocnn.network.chain import chain_shape
from autocnn.network.narrower import narrower
from autocnn.network.other_size import fault_at
from autocnn.network.sizes import Pair, Sizes, pair
from autocnn.registry import Options
from autocnn.space import Candidate, Infeasible
from autocnn.space.layer import ShapeError
from autocnn.training import recipe_of

if TYPE_CHECKING:
    from autocnn.data import Dataset

Share = Annotated[float, Field(gt=0, le=1)]


class Fidelity(Options):
    """What the trials of a search are trained on, where that is less than the whole.

    `images` is the share of the train part that they see, the same images for all, with equal
    shares of the classes; an epoch is as much shorter. `size` is the side of smaller images, or
    `[height, width]`; `width` the share of the channels of `conv` and `linear`, to multiples of
    8. Trials are ranked by what they come to; limits, costs and the finals are of whole networks.
    """

    images: Share = 1.0
    size: Annotated[Pair, Sizes(2, LARGEST_SIDE)] | None = None
    width: Share = 1.0

    @model_validator(mode="after")
    def _is_less(self) -> Fidelity:
        if self.images == 1 and self.size is None and self.width == 1:
            text = "give `images` or `width` below 1, or a `size`, or `none` for whole trainings"
            raise ValueError(text)
        return self

    def misfit(self, shape: tuple[int, ...]) -> str:
        """Why it is nothing for images `(channels, height, width)`, or an empty text."""
        if self.size is None:
            return ""
        size, full = pair(self.size), tuple(shape[1:])
        if size != full and all(side <= most for side, most in zip(size, full, strict=True)):
            return ""
        return f"`size` must be below {full[0]}x{full[1]} of the data, got {size[0]}x{size[1]}"

    def fault(self, whole: Candidate) -> Infeasible | None:
        """Why a trial of this candidate would train no network, or None."""
        try:
            self.candidate(whole)
        except ShapeError as error:
            return Infeasible(error.rule, "search.fidelity", str(error))
        return None

    def candidate(self, whole: Candidate) -> Candidate:
        """What a trial of this candidate trains; raises ShapeError where that is no network."""
        made = whole.architecture
        if self.width < 1:
            made = narrower(made, self.width)
        if self.size is not None:
            made = replace(made, shape=(made.shape[0], *pair(self.size)))
        out = chain_shape(made.layers, made.shape)
        if out != (whole.classes,):
            raise ShapeError("Y25", f"the output would be {out} instead of {(whole.classes,)}")
        recipe = recipe_of(whole)
        for size in recipe.progressive.smaller(made.shape[1:]) if recipe.progressive else ():
            if fault := fault_at(made, size):
                raise ShapeError("Y25", f"the network does not take {size[0]}x{size[1]}: {fault}")
        return replace(whole, architecture=made)

    def dataset(self, whole: Dataset, seed: int) -> Dataset:
        """The data that trials see; raises DataError where too few images are left."""
        from autocnn.data.reduced import reduced

        size = None if self.size is None else pair(self.size)
        return reduced(whole, images=self.images, size=size, seed=seed)
