"""Which images and how many classes a space is looked at for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.space import Space
    from autocnn.space.layer import Shape


@dataclass(frozen=True)
class Images:
    """The shape `(channels, height, width)` of images, their classes, how many one trains on.

    `train` is None where the data were not opened.
    """

    shape: Shape
    classes: int
    train: int | None = None


def images_of(
    space: Space, terminal: Terminal, *, given: str | None, classes: int | None
) -> Images:
    """From the command line, else from `data: {shape, classes}`, else from the data themselves.

    Raises SpaceError if the space names no data either.
    """
    from autocnn.api import open_data
    from autocnn.cli.loading import Loading
    from autocnn.data import DataOptions
    from autocnn.errors import Problem, SpaceError

    options = space.section(DataOptions)
    shape = parse_shape(given) if given else options.shape
    classes = classes or options.classes
    if shape is not None and classes is not None:
        return Images(shape, classes)
    if options.source is None:
        text = "give --input and --classes, or `data: {shape, classes}`, or a data source"
        raise SpaceError(Problem("Y30", text, "data", space.file))
    with Loading(terminal) as loading:
        dataset = open_data(space, progress=loading)
    return Images(shape or dataset.shape, classes or len(dataset.classes), len(dataset.train))


def parse_shape(text: str) -> Shape:
    """Read `3x224x224`; raises SpaceError."""
    from autocnn.errors import Problem, SpaceError

    sides = text.lower().split("x")
    if len(sides) != 3 or not all(side.isdecimal() and 0 < int(side) <= 4096 for side in sides):
        rule = "expected channels x height x width from 1 to 4096, such as 3x224x224, got "
        raise SpaceError(Problem("Y30", rule + repr(text), "--input"))
    return tuple(int(side) for side in sides)
