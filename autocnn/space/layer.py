"""What the language and the network builder ask of a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from autocnn.html_text import html_facts
from autocnn.registry import Options

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[Any, ...]
"""An image or feature map without its batch axis: `(channels, height, width)` or `(features,)`.

Where several go together, from one graph to the next, a tuple of their shapes.
"""


class ShapeError(ValueError):
    """A layer cannot take this input; `rule` is the id of the broken rule, such as `Y25`."""

    def __init__(self, rule: str, text: str):
        self.rule = rule
        super().__init__(text)


def several(shape: Shape) -> bool:
    """Whether this is the shape of several maps."""
    return bool(shape) and isinstance(shape[0], tuple)


def each(shape: Shape) -> tuple[Shape, ...]:
    """The shape of every map: those of several, or the one."""
    return shape if several(shape) else (shape,)


@dataclass(frozen=True)
class Counts:
    """What a layer costs for one image: numbers of parameters, multiply-adds and output values.

    `macs` counts convolutions and linear layers only, without their bias.
    """

    params: int = 0
    macs: int = 0
    activations: int = 0

    def _repr_html_(self) -> str:
        """The numbers as a table, for notebooks."""
        named = {"parameters": self.params, "multiply-adds": self.macs}
        return html_facts(named | {"activations": self.activations}, "Cost for one image")

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.params + other.params,
            self.macs + other.macs,
            self.activations + other.activations,
        )


Span = tuple[int, int | Fraction]
"""`(kernel, stride)` along one axis; a stride below 1 enlarges the map."""

Window = tuple[Span, Span]
"""The spans along height and width: what one output value sees."""


@dataclass(frozen=True)
class Part:
    """A list of layers inside a layer: its name (`body`, `paths.0`), its input and its layers.

    `after` names the parts before it whose outputs it takes; `""` is the input of the layer, of
    several maps `"0"` the first, and so on.
    """

    name: str
    shape: Shape
    layers: Layers
    after: tuple[str, ...] = ("",)


class Layer(Options, ABC):
    """One primitive of the language: a frozen value with a shape rule, counts and a module.

    `layer_fields` names the options that hold layers: `list` for one list of layers, `lists` for
    a list of such lists, `nodes` and `edges` for what a `graph` has. `defaults_taken` names the
    options that the space's `defaults` reach, `literal` those that neither a hole nor an
    expression may stand for. `takes_several` says whether it takes several maps at once.
    """

    layer_fields: ClassVar[Mapping[str, str]] = {}
    defaults_taken: ClassVar[tuple[str, ...]] = ()
    literal: ClassVar[tuple[str, ...]] = ()
    takes_several: ClassVar[bool] = False

    @classmethod
    def check_number(cls, shape: Shape) -> None:
        """Raise ShapeError for several maps where the layer takes one."""
        if several(shape) and not cls.takes_several:
            raise ShapeError(
                "Y25",
                f"{cls.word} takes one map, got {len(shape)}: a graph before it may pick one, "
                "{graph: {inputs: [a, b], nodes: {}, output: b}}",
            )

    def out_shape(self, shape: Shape) -> Shape:
        """The output shape for an input shape; raises ShapeError where torch would refuse."""
        return shape

    def counts(self, shape: Shape) -> Counts:
        """Parameters, MACs and activations of this layer itself, without those of its parts."""
        return Counts()

    def fixed(self, shape: Shape) -> object:
        """What its module keeps of the height and width, or of the features, it is built for.

        Where it is the same for two inputs of as many channels, one module serves both.
        """
        return shape if len(shape) == 1 else None

    def window(self, shape: Shape) -> Window:
        """Kernel and stride of this layer itself, without its parts."""
        return ((1, 1), (1, 1))

    @classmethod
    def part_shapes(
        cls, field: str, count: int, options: Mapping[str, Any], shape: Shape
    ) -> tuple[Shape, ...]:
        """Input shapes of the `count` lists in `field`, from the other options; may raise."""
        return (shape,) * count

    @classmethod
    def merged(cls, merge: str, shapes: Sequence[Shape]) -> Shape:
        """The shape that a node of a graph makes of what it takes; raises ShapeError."""
        raise NotImplementedError(f"{cls.word} has no nodes")

    def parts(self, shape: Shape) -> tuple[Part, ...]:
        """The lists of layers inside, with their input shapes, in an order to compute them."""
        return ()

    def ends(self, shape: Shape) -> tuple[str, ...]:
        """The parts whose outputs make up that of the layer; `""` is its input."""
        return tuple(part.name for part in self.parts(shape)) or ("",)

    def with_layers(self, change: Callable[[Layers], Layers]) -> Layer:
        """This layer with every list of layers right inside it changed."""
        changed: dict[str, Any] = {}
        for name, form in self.layer_fields.items():
            held = getattr(self, name)
            if form == "lists":
                changed[name] = tuple(map(change, held))
            elif isinstance(held, tuple):
                changed[name] = change(held)
        return self.model_copy(update=changed) if changed else self

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Layer:
        """Replace what depends on shapes or defaults (`shortcut: auto`) by what it stands for."""
        return self

    def is_identity(self) -> bool:
        """Whether the layer returns its input unchanged, so that the canonical form drops it."""
        return False

    @abstractmethod
    def build(self, shape: Shape) -> nn.Module:
        """The torch module for this input shape; imports torch inside."""


Layers = tuple[Layer, ...]
"""Layers one after the other."""
