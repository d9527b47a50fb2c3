"""The layer `conv`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import model_validator

from autocnn.network.activations import ReLU
from autocnn.network.geometry import Padding, Pads, conv_size, extent, need_map, pads
from autocnn.network.norms import NoNorm
from autocnn.network.registries import LAYERS, AnyActivation, AnyNorm
from autocnn.network.sizes import Bias, Channels, Pair, Sizes, pair
from autocnn.space.layer import Counts, Layer, Shape, ShapeError, Window

if TYPE_CHECKING:
    from torch import nn

Order = Literal["conv-norm-act", "norm-act-conv", "conv-act-norm"]
Init = Literal[
    "torch",
    "kaiming_normal",
    "kaiming_uniform",
    "xavier_normal",
    "xavier_uniform",
    "orthogonal",
    "trunc_normal",
    "dirac",
    "whitening",
]


@LAYERS.register("conv")
class Conv(Layer):
    """A convolution with its norm and activation: (C, H, W) -> (channels, H', W').

    `groups: depthwise` gives each input channel its own filters; `channels` may then be left
    out. A padding `[top, bottom, left, right]` below 0 crops. `init: torch` keeps torch's own
    initialisation; the others set the bias to 0. `dirac` makes the first filters of each group
    copy its input channels, as far as they go, and leaves the others as torch has them;
    `whitening` does so with filters that make the patches of the training images uncorrelated and
    of variance 1, when a training begins (https://arxiv.org/abs/2404.00498).
    """

    defaults_taken = ("activation", "norm", "bias")

    channels: Channels | None = None
    kernel: Annotated[Pair, Sizes(1)] = 3
    stride: Annotated[Pair, Sizes(1)] = 1
    padding: Annotated[
        Padding, Sizes(0, lists=(2, 4), words=("same", "same_tf", "valid"), crop=True)
    ] = "same"
    dilation: Annotated[Pair, Sizes(1)] = 1
    groups: Annotated[int | str, Sizes(1, 1_000_000, lists=(), words=("depthwise",))] = 1
    bias: Bias = "auto"
    norm: AnyNorm = NoNorm()
    activation: AnyActivation = ReLU()
    order: Order = "conv-norm-act"
    init: Init = "torch"

    @model_validator(mode="after")
    def _has_channels(self) -> Conv:
        if self.channels is None and self.groups != "depthwise":
            raise ValueError("channels is required unless groups is depthwise")
        if self.init == "whitening" and self.groups != 1:
            raise ValueError("init: whitening needs groups: 1")
        return self

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Conv:
        return self.model_copy(
            update={"channels": self._channels(shape), "bias": self._has_bias()}
        )

    def out_shape(self, shape: Shape) -> Shape:
        need_map("conv", shape)
        channels, groups = self._channels(shape), self._groups(shape)
        for name, value in (("input channels", shape[0]), ("channels", channels)):
            if value % groups:
                raise ShapeError("Y25", f"{name} must be divisible by groups: {value} % {groups}")
        height, width = conv_size(shape, self._pads(shape), self._extent(), pair(self.stride))
        out = (channels, height, width)
        self.norm.check(self._normed(shape, out))
        return out

    def counts(self, shape: Shape) -> Counts:
        out = self.out_shape(shape)
        weights = prod(pair(self.kernel)) * (shape[0] // self._groups(shape)) * out[0]
        params = weights + (out[0] if self._has_bias() else 0)
        params += self.norm.params(self._normed(shape, out)) + self.activation.params
        return Counts(params, weights * out[1] * out[2], prod(out))

    def fixed(self, shape: Shape) -> object:
        return self._pads(shape), self._covers(shape)

    def window(self, shape: Shape) -> Window:
        height, width = zip(self._extent(), pair(self.stride), strict=True)
        return (height, width)

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        around = self._pads(shape)
        (top, bottom), (left, right) = around
        even = top == bottom >= 0 and left == right >= 0
        inside = even and not self._covers(shape)
        conv = nn.Conv2d(
            shape[0],
            self._channels(shape),
            pair(self.kernel),
            pair(self.stride),
            padding=(top, left) if inside else 0,
            dilation=self._dilation(),
            groups=self._groups(shape),
            bias=self._has_bias(),
        )
        self._initialise(conv)
        modules: OrderedDict[str, nn.Module] = OrderedDict()
        for step in self.order.split("-"):
            if step == "conv":
                if not inside:
                    modules["pad"] = nn.ZeroPad2d((left, right, top, bottom))
                modules["conv"] = conv
            elif step == "norm" and not self.norm.absent:
                modules["norm"] = self.norm.build(self._normed(shape, (conv.out_channels, 1, 1)))
            elif step == "act" and not self.activation.absent:
                modules["act"] = self.activation.build()
        return nn.Sequential(modules)

    def _initialise(self, conv: nn.Conv2d) -> None:
        from torch import nn

        from autocnn.network.modules.whitening import mark_to_whiten

        match self.init:
            case "torch":
                return
            case "kaiming_normal":
                nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
            case "kaiming_uniform":
                nn.init.kaiming_uniform_(conv.weight, mode="fan_out", nonlinearity="relu")
            case "xavier_normal":
                nn.init.xavier_normal_(conv.weight)
            case "xavier_uniform":
                nn.init.xavier_uniform_(conv.weight)
            case "orthogonal":
                nn.init.orthogonal_(conv.weight)
            case "trunc_normal":
                nn.init.trunc_normal_(conv.weight, std=0.02)
            case "dirac":
                for filters in conv.weight.data.chunk(conv.groups):
                    nn.init.dirac_(filters[: filters.shape[1]])
            case "whitening":
                mark_to_whiten(conv)
        if conv.bias is not None:
            nn.init.zeros_(conv.bias)

    def _channels(self, shape: Shape) -> int:
        return shape[0] if self.channels is None else self.channels

    def _groups(self, shape: Shape) -> int:
        return self.groups if isinstance(self.groups, int) else shape[0]

    def _has_bias(self) -> bool:
        return self.norm.absent if self.bias == "auto" else self.bias

    def _extent(self) -> tuple[int, int]:
        return extent(pair(self.kernel), pair(self.dilation))

    def _dilation(self) -> tuple[int, int]:
        """The dilation of each axis, 1 where the kernel has a single value."""
        axes = zip(pair(self.kernel), pair(self.dilation), strict=True)
        height, width = (dilation if kernel > 1 else 1 for kernel, dilation in axes)
        return (height, width)

    def _covers(self, shape: Shape) -> bool:
        """Whether the dilated kernel covers the whole map.

        Then torch's CPU kernels read outside of a map that they are to pad themselves.
        """
        axes = zip(shape[1:], self._dilation(), self._extent(), strict=True)
        return any(dilation > 1 and size < covered for size, dilation, covered in axes)

    def _pads(self, shape: Shape) -> Pads:
        return pads(self.padding, self._extent(), pair(self.stride), shape)

    def _normed(self, shape: Shape, out: Shape) -> Shape:
        return shape if self.order == "norm-act-conv" else out
