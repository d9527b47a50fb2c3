"""What every candidate must keep, checked before any training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from autocnn.network.onnx_model import lack
from autocnn.registry import Options, Whole


class Limits(Options):
    """A range that a count must keep, both ends inclusive."""

    min: Annotated[Whole, Field(ge=0)] | None = None
    max: Annotated[Whole, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min <= max` must hold, but got (min={self.min}, max={self.max})")
        return self

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self.min is not None or self.max is not None

    def broken_by(self, value: float) -> str:
        """Say which limit a value breaks, such as `over 1,000,000`, or nothing."""
        if self.min is not None and value < self.min:
            return f"under {self.min:,}"
        if self.max is not None and value > self.max:
            return f"over {self.max:,}"
        return ""


class Ceiling(Options):
    """A limit that a cost must not exceed."""

    max: Annotated[float, Field(gt=0)] | None = None

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self.max is not None

    def broken_by(self, value: float) -> str:
        """Say which limit a value breaks, such as `over 2.5`, or nothing."""
        return f"over {self.max:,g}" if self.max is not None and value > self.max else ""


class Latency(Ceiling):
    """A limit for the time of one core for `batch` images; also how an objective measures it.

    `runtime` runs the network: torch, or ONNX Runtime (`onnx`), which `autocnn[onnx]` installs.
    """

    batch: Literal[1, 64] = 1
    runtime: Literal["torch", "onnx"] = "torch"

    @model_serializer(mode="wrap")
    def _as_before(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without a default that is younger than studies, which are told by these options."""
        found: dict[str, Any] = whole(self)
        if self.runtime == "torch":
            del found["runtime"]
        return found


class Constraints(Options):
    """What every candidate must keep, checked before any training.

    `memory_mb` is foretold for a training step over one batch, in millions of bytes; `latency_ms`
    is measured on this machine, on one core, in float32.
    """

    params: Limits = Limits()
    macs: Limits = Limits()
    memory_mb: Ceiling = Ceiling()
    latency_ms: Latency = Latency()

    @property
    def limited(self) -> frozenset[str]:
        """The costs that have a limit."""
        return frozenset(name for name in type(self).model_fields if getattr(self, name).limited)

    def measures_latency(self, wanted: Iterable[str]) -> bool:
        """Whether latency is measured for these limits, or for objectives that are `wanted`."""
        return self.latency_ms.limited or "latency_ms" in wanted

    def missing(self, wanted: Iterable[str]) -> str:
        """What must be installed before costs can be measured, or nothing."""
        if self.latency_ms.runtime != "onnx" or not self.measures_latency(wanted):
            return ""
        return lack("'onnx'")

    def breach(self, costs: Mapping[str, float]) -> str:
        """The first limit that costs break, such as `params: 1,234 is over 1,000`, or nothing."""
        for name, value in costs.items():
            if broken := getattr(self, name).broken_by(value):
                shown = f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"
                return f"{name}: {shown} is {broken}"
        return ""
