"""Make a network follow a plan: its layout, and float32 where bfloat16 is slower or wrong."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from autocnn.training.layout import ChannelsLastFlatten
from autocnn.training.plan import Plan

STEM_CHANNELS = 4


class Float32Conv2d(nn.Conv2d):
    """A convolution that runs in float32 inside a network of lower precision."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float()).to(torch.bfloat16)


class StridedConv2d(Float32Conv2d):
    """A convolution that runs in float32 only where the input is smaller than the stride.

    There the CPU's bfloat16 weight gradient is garbage, or the process dies, if the kernel is
    larger than 1.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2] < self.stride[0] or x.shape[-1] < self.stride[1]:
            return super().forward(x)
        return nn.Conv2d.forward(self, x)


class Float32Linear(nn.Linear):
    """A linear layer that runs in float32 inside a network of lower precision."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


def kind_of(module: nn.Module) -> str | None:
    """Which of the plan's kinds a module is, None for all that follow their input."""
    if isinstance(module, nn.Linear):
        return "linear"
    if not isinstance(module, nn.Conv2d):
        return None
    if module.groups > 1:
        return "depthwise" if module.groups == module.in_channels else "grouped"
    if module.in_channels <= STEM_CHANNELS:
        return "stem"
    return "pointwise" if module.kernel_size == (1, 1) else "conv"


def follow(module: nn.Module, plan: Plan) -> nn.Module:
    """Move a float32 module to the plan's device and layout and set its layers' precision.

    Changes the module itself; names and values of its parameters stay as they are.
    """
    module.to(plan.device)
    if plan.layout == "channels_last":
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for part in module.modules():
            if type(part) is nn.Flatten:
                part.__class__ = ChannelsLastFlatten
    for part in module.modules() if plan.low else ():
        kind = kind_of(part)
        if kind is None:
            continue
        exact = getattr(plan, kind) == "float32"
        if type(part) is nn.Linear and exact:
            part.__class__ = Float32Linear
        elif type(part) is nn.Conv2d and exact:
            part.__class__ = Float32Conv2d
        elif type(part) is nn.Conv2d and max(part.stride) > 1 and max(part.kernel_size) > 1:
            part.__class__ = StridedConv2d
    if plan.loops != "torch":
        from autocnn.training.kernels.fuse import fuse  # slow: imports numba

        fuse(module, tiles=plan.loops == "tiles")
    return module


def arithmetic(plan: Plan) -> AbstractContextManager[object]:
    """The context in which a network that follows the plan computes."""
    return torch.autocast(plan.device, torch.bfloat16, enabled=plan.low)
