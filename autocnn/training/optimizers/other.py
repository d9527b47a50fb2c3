"""Optimizers of the library pytorch-optimizer by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator

from autocnn.registry import NamedOptions
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


def _unreserved(pairs: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    for key, _ in pairs:
        if key in RESERVED:
            raise ValueError(f"{key!r} cannot be one of these options")
    return pairs


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
    options: Annotated[NamedOptions, AfterValidator(_unreserved)] = ()

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        made = library(self).load_optimizer(self.name)
        found: torch.optim.Optimizer = made(groups, lr=self.lr, **dict(self.options))
        return found
