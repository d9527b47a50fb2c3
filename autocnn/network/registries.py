"""The words the network knows: layers, norms and activations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from autocnn.registry import Listed, OneOf, Options, Registry
from autocnn.space.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


class NormKind(Options, ABC):
    """One way to normalise, for maps `(C, H, W)` and, where it makes sense, features `(F,)`."""

    absent: ClassVar[bool] = False

    def check(self, shape: Shape) -> None:
        """Raise ShapeError if this norm cannot take the input."""

    @abstractmethod
    def params(self, shape: Shape) -> int:
        """The number of learned values."""

    @abstractmethod
    def build(self, shape: Shape) -> nn.Module:
        """The torch module for this input shape."""


class ActivationKind(Options):
    """One elementwise function; its options are those of the torch module of that name."""

    absent: ClassVar[bool] = False
    module: ClassVar[str]
    params: ClassVar[int] = 0

    def build(self) -> nn.Module:
        """The torch module, never in place: its input may also feed a shortcut."""
        from torch import nn

        built: nn.Module = getattr(nn, self.module)(**self.to_json())
        return built


LAYERS: Registry[Layer] = Registry("layer")
NORMS: Registry[NormKind] = Registry("norm")
ACTIVATIONS: Registry[ActivationKind] = Registry("activation")

AnyLayer = Annotated[Layer, OneOf(LAYERS)]
AnyNorm = Annotated[NormKind, OneOf(NORMS)]
AnyActivation = Annotated[ActivationKind, OneOf(ACTIVATIONS)]
LayerList = Annotated[tuple[AnyLayer, ...], Listed]
