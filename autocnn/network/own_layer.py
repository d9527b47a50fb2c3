"""Layers that users write in Python: a decorated `nn.Module` becomes a word of the language."""

from __future__ import annotations

import inspect
import re
from abc import ABC
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from math import prod
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BeforeValidator, create_model
from pydantic_core import PydanticCustomError

from autocnn.network.blocks import BLOCKS
from autocnn.network.registries import LAYERS
from autocnn.registry import Listed, Whole
from autocnn.space.layer import Counts, Layer, Shape, ShapeError, Window

if TYPE_CHECKING:
    from torch import nn

REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
WORD = re.compile(r"[a-z][a-z0-9_]*")
GIVEN: Mapping[str, Callable[[Shape], Any]] = {
    "shape": lambda shape: shape,
    "channels": lambda shape: shape[0],
    "in_channels": lambda shape: shape[0],
}
"""The positional parameters that a module may have, and what it is given for them."""

M = TypeVar("M", bound="type[nn.Module]")


def layer(word: str) -> Callable[[M], M]:
    """Class decorator: make an `nn.Module` known to the language as the layer `word`.

    Its keyword-only parameters are the layer's options, with their annotations and defaults; the
    values can be hashed, so a list arrives as a tuple.
    Parameters before these may be `shape`, the input's `(C, H, W)` or `(F,)`, and `channels` or
    `in_channels`, the first number of it. The module maps a batch `(N, ...)` to a batch. Shape
    and counts are found by running it on the meta device; the receptive field counts its strides
    but not its kernels. Raises ValueError if the word is taken or no name, TypeError if the
    constructor has other parameters, or options that cannot be hashed or have a layer's own names.
    """

    def add(module: M) -> M:
        if not WORD.fullmatch(word) or word in BLOCKS:
            raise ValueError(f"a layer cannot be called {word!r}: a lower-case word, no block")
        placed, fields = _parameters(module)
        doc = inspect.cleandoc(module.__doc__ or "")
        paper = re.search(r"https?://[^\s)]+", doc)
        made: Any = create_model(module.__name__, __base__=OwnLayer, **fields)
        made.__doc__ = doc
        made.module, made.placed = module, placed
        made.imported_from = module.__module__
        made.paper = paper.group() if paper else ""
        LAYERS.register(word)(made)
        return module

    return add


def _parameters(module: type[nn.Module]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names of the parameters given by place, and the options as fields of a model."""
    hints = get_type_hints(module.__init__, include_extras=True)
    placed: list[str] = []
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(module.__init__).parameters.items())[1:]:
        if parameter.kind in REST and "__init__" not in vars(module):
            continue  # torch's own constructor, which takes nothing
        if parameter.kind is parameter.KEYWORD_ONLY:
            told = f"{module.__name__}: the option {name!r}"
            if name == "name" or hasattr(OwnLayer, name):
                raise TypeError(f"{told} needs another name, a layer has this one")
            required = parameter.default is parameter.empty
            kind = _option(hints.get(name, Any), told)
            fields[name] = (kind, ... if required else parameter.default)
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD and name in GIVEN:
            placed.append(name)
        else:
            raise TypeError(
                f"{module.__name__}: the parameter {name!r} must be keyword-only, "
                f"or one of {', '.join(GIVEN)}"
            )
    return tuple(placed), fields


def _option(annotation: Any, told: str) -> Any:
    """The annotation, taking whole floats for integers and lists for tuples, as YAML has them."""
    origin, inner = get_origin(annotation), get_args(annotation)
    kind = origin or annotation
    if annotation is int:
        return Whole
    if annotation is Any or annotation is object:
        return Annotated[Any, BeforeValidator(_kept)]
    if origin is Annotated:
        return Annotated[_option(inner[0], told), *inner[1:]]
    if origin in (Union, UnionType):
        # Not for the numbers: 1.0 would be no float any more where both are taken.
        return Union[tuple(one if one is int else _option(one, told) for one in inner)]  # noqa: UP007
    if kind in (list, tuple, Sequence):
        items = inner or (Any,) if origin is tuple else (*(inner or (Any,)), ...)
        kept = (one if one is ... else _option(one, told) for one in items)
        return Annotated[tuple[tuple(kept)], Listed]  # type: ignore[misc]
    if isinstance(kind, type) and kind.__hash__ is None:
        raise TypeError(f"{told} cannot be hashed: take a number, a word or a list of these")
    return annotation


def _kept(value: object) -> object:
    """A value of any kind as one that can be hashed: lists as tuples."""
    if isinstance(value, list | tuple):
        return tuple(map(_kept, value))
    if not isinstance(value, Hashable):
        raise PydanticCustomError("any", "Input should be a number, a word or a list of these")
    return value


class OwnLayer(Layer, ABC):
    """A layer made of a user's module; see `layer`."""

    module: ClassVar[type[Any]] = object
    placed: ClassVar[tuple[str, ...]] = ()

    def out_shape(self, shape: Shape) -> Shape:
        return _looked_at(self, shape)[0]

    def counts(self, shape: Shape) -> Counts:
        return _looked_at(self, shape)[1]

    def window(self, shape: Shape) -> Window:
        out = self.out_shape(shape)
        if len(shape) != 3:
            return ((1, 1), (1, 1))
        if len(out) != 3:
            return ((shape[1], 1), (shape[2], 1))
        return ((1, max(1, shape[1] // out[1])), (1, max(1, shape[2] // out[2])))

    def fixed(self, shape: Shape) -> object:
        return {name: GIVEN[name](shape) for name in self.placed}

    def build(self, shape: Shape) -> nn.Module:
        given = self._given(shape)
        made: nn.Module = self.module(**given)
        # Where the written source finds how the module was made.
        made.__dict__["constructed_with"] = given
        return made

    def _given(self, shape: Shape) -> dict[str, Any]:
        options = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: GIVEN[name](shape) for name in self.placed} | options


@lru_cache(maxsize=4096)
def _looked_at(layer: OwnLayer, shape: Shape) -> tuple[Shape, Counts]:
    """Output shape and counts, from a run on the meta device with a batch of two."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with torch.device("meta"), torch.no_grad():
            module = layer.build(shape).eval()
            with FlopCounterMode(display=False) as counter:
                out = module(torch.empty(2, *shape))
    except Exception as error:
        said = str(error).partition("\n")[0]
        raise ShapeError("Y25", f"{layer.word} cannot take {shape}: {said}") from error
    if not isinstance(out, torch.Tensor) or out.ndim not in (2, 4) or out.shape[0] != 2:
        raise ShapeError("Y25", f"{layer.word} must map a batch to a batch of maps or features")
    made = tuple(out.shape[1:])
    macs = counter.get_total_flops() // 4  # two operations each, two images
    params = sum(parameter.numel() for parameter in module.parameters())
    return made, Counts(params, macs, prod(made) if macs else 0)
