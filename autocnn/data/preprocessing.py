"""How an image file becomes the array that a network was trained on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from autocnn.data.options import Colour, Fit, Side
from autocnn.registry import Options

DECODER = 2
"""Raised whenever the same file and options would give other pixels."""


class Preprocessing(Options):
    """Everything `decode` needs to give `(height, width, channels)` uint8 pixels of a file.

    It is part of the data fingerprint and of every bundle, so that prediction decodes as training
    did. `max_value` is the value that means white in images of more than 8 bits; without it
    16-bit ones end at 65535 and floating-point ones are refused.
    """

    height: Side
    width: Side
    channels: Literal[1, 3]
    fit: Fit = "crop"
    background: Colour = (0, 0, 0)
    max_value: float | None = Field(None, gt=0)
    decoder: int = DECODER

    @property
    def shape(self) -> tuple[int, int, int]:
        """`(channels, height, width)`, the input shape of the network."""
        return (self.channels, self.height, self.width)
