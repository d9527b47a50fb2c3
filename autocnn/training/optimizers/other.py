"""Optimizers of the library pytorch-optimizer by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from autocnn.training.optimizers.library import EXTRA, MODULE, library
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Optimizer, Rate

if TYPE_CHECKING:
    import torch

Name = Literal[
    "adabelief", "adai", "adamg", "adamod", "adamp", "adams", "adan", "adanorm", "adapnm",
    "ademamix", "adopt", "aggmo", "aida", "amos", "avagrad", "came", "dadaptadam", "dadaptsgd",
    "diffgrad", "exadam", "fadam", "fromage", "grams", "grokfastadamw", "lamb", "laprop", "lars",
    "madgrad", "mars", "msvag", "nero", "novograd", "padam", "pid", "pnm", "prodigy", "qhadam",
    "qhm", "ranger", "sgdp", "sgdsai", "shampoo", "signsgd", "sm3", "soap", "stableadamw", "swats",
    "tam", "tiger", "yogi",
]  # fmt: skip
"""The names that learn, and go on bit for bit from a checkpoint, with the loop as it is."""

RESERVED = ("params", "lr", "weight_decay", "foreach", "maximize")


def _pairs(value: object) -> tuple[tuple[str, Any], ...]:
    """A mapping of options as sorted pairs, which can be hashed."""
    if value == ():
        return ()
    if not isinstance(value, Mapping):
        raise ValueError("expected a mapping of options, such as {rho: 0.9}")
    found = []
    for key, given in sorted(value.items()):
        if key in RESERVED:
            raise ValueError(f"{key!r} cannot be one of these options")
        inner = tuple(given) if isinstance(given, list | tuple) else given
        if not all(isinstance(one, bool | int | float | str) for one in _each(inner)):
            raise ValueError(f"{key!r} must be a number, word, true, false, or a list of these")
        found.append((key, inner))
    return tuple(found)


def _each(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _mapping(pairs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {key: list(inner) if isinstance(inner, tuple) else inner for key, inner in pairs}


Given = Annotated[
    tuple[tuple[str, Any], ...],
    PlainValidator(_pairs),
    PlainSerializer(_mapping),
    WithJsonSchema({"type": "object"}),
]
"""Options by name."""


@OPTIMIZERS.register("other")
class Other(Optimizer):
    """An optimizer of the library pytorch-optimizer by its name, such as `madgrad` or `lamb`.

    `options` are further ones under the library's names, `{betas: [0.9, 0.99]}`; the name decides
    whether decay is decoupled. Good learning rates differ by a factor of a thousand among them.
    """

    paper = "https://github.com/kozistr/pytorch_optimizer"
    needs = MODULE
    extra = EXTRA

    name: Name
    lr: Rate = 2e-3
    weight_decay: Decay = 0.0
    options: Given = ()

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        made = library(self).load_optimizer(self.name)
        found: torch.optim.Optimizer = made(groups, lr=self.lr, **dict(self.options))
        return found
