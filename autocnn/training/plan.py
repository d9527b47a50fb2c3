"""How this machine trains fastest: precision per kind of layer, memory layout, threads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from autocnn.registry import Options, Whole

Precision = Literal["float32", "bfloat16"]
Layout = Literal["channels_first", "channels_last"]
Loops = Literal["torch", "numba", "tiles"]

KINDS = ("stem", "conv", "pointwise", "grouped", "depthwise", "linear")
"""The kinds of layers that differ in which precision is fastest; each is a field of the plan."""


PAUSE = 32
"""Steps between two moments at which the processor waits for a GPU."""


class Plan(Options):
    """Precision by kind of layer, layout and threads; measured once, then the same everywhere.

    A stem is a convolution of at most four channels, a pointwise one has a 1x1 kernel, `conv` is
    any other without groups. Weights, their averages and the optimizer stay in float32. `loops`
    says what pools and normalises maps of bfloat16, torch or `autocnn.training.kernels`, and
    whether the processor's matrix tiles compute the gradients of weights. With the same plan, seed
    and machine, training gives the same bits.
    """

    stem: Precision = "float32"
    conv: Precision = "float32"
    pointwise: Precision = "float32"
    grouped: Precision = "float32"
    depthwise: Precision = "float32"
    linear: Precision = "float32"
    layout: Layout = "channels_last"
    loops: Loops = "torch"
    threads: Annotated[Whole, Field(ge=1, le=1024)] = 1
    device: str = "cpu"

    @property
    def low(self) -> bool:
        """Whether any kind of layer runs in bfloat16."""
        return any(getattr(self, kind) == "bfloat16" for kind in KINDS)

    @property
    def pause(self) -> int:
        """Steps after which the processor looks at what came of them; it waits for a GPU then."""
        return 1 if self.device == "cpu" else PAUSE
