"""The layer `residual`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from autocnn.network.activations import NoActivation
from autocnn.network.chain import chain_module, chain_shape
from autocnn.network.layers.conv import Conv
from autocnn.network.layers.linear import Linear
from autocnn.network.merge import Merge, merged_shape
from autocnn.network.registries import LAYERS, AnyActivation, LayerList
from autocnn.space.layer import Counts, Layer, Part, Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("residual")
class Residual(Layer):
    """A body merged with a shortcut around it, then an activation.

    `shortcut: auto` is the identity where the shapes agree, else a 1x1 convolution (`linear` for
    flat features) with the default norm and the stride that makes them agree; `conv` is that
    convolution in any case, `none` leaves the body alone. `drop_path` is the share of images
    whose body is dropped in training (stochastic depth, https://arxiv.org/abs/1603.09382).
    """

    paper = "https://arxiv.org/abs/1512.03385"
    layer_fields = {"body": "list", "shortcut": "list"}

    body: LayerList
    shortcut: Literal["auto", "identity", "conv", "none"] | LayerList = "auto"
    merge: Merge = "add"
    activation: AnyActivation = NoActivation()
    drop_path: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Residual:
        if self.shortcut not in ("auto", "conv"):
            return self
        out = merged_shape(self.merge, [chain_shape(self.body, shape)])
        target = shape[:1] + out[1:] if self.merge == "concat" else out
        if self.shortcut == "auto" and target == shape:
            return self.model_copy(update={"shortcut": "identity"})
        return self.model_copy(update={"shortcut": (_projection(shape, target, defaults),)})

    def out_shape(self, shape: Shape) -> Shape:
        shapes = [chain_shape(part.layers, shape) for part in self.parts(shape)]
        if self._settled(shape) == "identity":
            shapes.append(shape)
        return merged_shape(self.merge, shapes)

    def fixed(self, shape: Shape) -> object:
        return self._settled(shape)

    def counts(self, shape: Shape) -> Counts:
        return Counts(self.activation.params)

    def parts(self, shape: Shape) -> tuple[Part, ...]:
        body, shortcut = Part("body", shape, self.body), self._settled(shape)
        return (body,) if isinstance(shortcut, str) else (body, Part("shortcut", shape, shortcut))

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        from autocnn.network.modules.drop_path import DropPath
        from autocnn.network.modules.residual import ResidualConnection

        shortcut = self._settled(shape)
        around: nn.Module | None = None
        if shortcut != "none":
            around = nn.Identity() if isinstance(shortcut, str) else chain_module(shortcut, shape)
        act = None if self.activation.absent else self.activation.build()
        drop = DropPath(self.drop_path) if self.drop_path else None
        return ResidualConnection(chain_module(self.body, shape), around, self.merge, drop, act)

    def _settled(self, shape: Shape) -> str | tuple[Layer, ...]:
        return self.resolve(shape, {}).shortcut


def _projection(shape: Shape, target: Shape, defaults: Mapping[str, Any]) -> Layer:
    """The layer without activation that maps `shape` to `target`."""
    if len(shape) != len(target):
        raise ShapeError("Y25", f"no shortcut leads from {shape} to the body's output {target}")
    kind = "conv" if len(shape) == 3 else "linear"
    given = {"activation": "none", **_defaults_of(kind, defaults)}
    if kind == "linear":
        return Linear.model_validate({"units": target[0], **given}).resolve(shape, {})
    stride = [-(-size // wanted) for size, wanted in zip(shape[1:], target[1:], strict=True)]
    conv = Conv.model_validate({"channels": target[0], "kernel": 1, "stride": stride, **given})
    if conv.out_shape(shape) != target:
        raise ShapeError(
            "Y25",
            f"no stride of a 1x1 shortcut leads from {shape} to the body's output {target}",
        )
    return conv.resolve(shape, {})


def _defaults_of(kind: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The norm and bias that the space's defaults give a shortcut; those of its kind win."""
    taken = dict(defaults) if kind == "conv" else {}
    taken |= defaults.get(kind) or {}
    return {name: taken[name] for name in ("norm", "bias") if name in taken}
