"""The ways to normalise; `eps` is added to the variance, `affine` learns gain and offset."""

from __future__ import annotations

from abc import ABC
from math import prod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.network.registries import NORMS, NormKind
from autocnn.network.sizes import Channels
from autocnn.space.layer import Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn

Epsilon = Annotated[float, Field(gt=0)]


@NORMS.register("none")
class NoNorm(NormKind):
    """Leave the values as they are."""

    absent = True

    def params(self, shape: Shape) -> int:
        return 0

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.Identity()


class AffineNorm(NormKind, ABC):
    """A norm with a learned gain and offset per channel."""

    eps: Epsilon = 1e-5
    affine: bool = True

    def params(self, shape: Shape) -> int:
        return 2 * shape[0] if self.affine else 0


@NORMS.register("batch")
class BatchNorm(AffineNorm):
    """Normalise each channel over the batch; running statistics serve in evaluation.

    Training fails in torch where a batch holds one value per channel (N x H x W = 1).
    """

    paper = "https://arxiv.org/abs/1502.03167"
    momentum: Annotated[float, Field(ge=0, le=1)] = 0.1

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
        return kind(shape[0], self.eps, self.momentum, self.affine)


@NORMS.register("group")
class GroupNorm(AffineNorm):
    """Normalise each image over `groups` groups of channels; `groups` must divide them.

    A group needs two values or more: torch refuses a single one when it is given one image.
    """

    paper = "https://arxiv.org/abs/1803.08494"
    groups: Channels = 8

    def check(self, shape: Shape) -> None:
        if shape[0] % self.groups:
            raise ShapeError(
                "Y25", f"group norm needs channels divisible by groups: {shape[0]} % {self.groups}"
            )
        if prod(shape) == self.groups:
            raise ShapeError(
                "Y25", f"group norm needs two or more values per group: {self.groups} of {shape}"
            )

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.GroupNorm(self.groups, shape[0], self.eps, self.affine)


@NORMS.register("layer")
class LayerNorm(AffineNorm):
    """Normalise each position over its channels."""

    paper = "https://arxiv.org/abs/1607.06450"

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.channel_norm import ChannelLayerNorm

        return ChannelLayerNorm(shape[0], self.eps, self.affine)


@NORMS.register("instance")
class InstanceNorm(AffineNorm):
    """Normalise each channel of each image over its positions, of which it needs two."""

    paper = "https://arxiv.org/abs/1607.08022"

    def check(self, shape: Shape) -> None:
        if len(shape) != 3 or shape[1] * shape[2] < 2:
            raise ShapeError(
                "Y25", f"instance norm needs a map of two or more values, got {shape}"
            )

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.InstanceNorm2d(shape[0], self.eps, affine=self.affine)


@NORMS.register("rms")
class RMSNorm(AffineNorm):
    """Divide each position by the root mean square of its channels; learns no offset."""

    paper = "https://arxiv.org/abs/1910.07467"

    def params(self, shape: Shape) -> int:
        return shape[0] if self.affine else 0

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.channel_norm import ChannelRMSNorm

        return ChannelRMSNorm(shape[0], self.eps, self.affine)


@NORMS.register("lrn")
class LocalResponseNorm(NormKind):
    """Divide by the energy of the `size` neighbouring channels, as AlexNet does."""

    paper = "https://papers.nips.cc/paper/4824"
    size: Channels = 5
    alpha: Annotated[float, Field(ge=0)] = 1e-4
    beta: Annotated[float, Field(ge=0)] = 0.75
    k: Annotated[float, Field(gt=0)] = 2.0

    def check(self, shape: Shape) -> None:
        if len(shape) != 3:
            raise ShapeError("Y25", f"lrn needs a map (C, H, W), got {shape}")

    def params(self, shape: Shape) -> int:
        return 0

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.LocalResponseNorm(self.size, self.alpha, self.beta, self.k)
