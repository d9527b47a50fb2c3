"""The library pytorch-optimizer, which the extra `optimizers` installs."""

from __future__ import annotations

from types import ModuleType

from autocnn.errors import Problem, SpaceError
from autocnn.training.optimizers.optimizer import Optimizer

MODULE = "pytorch_optimizer"
EXTRA = "optimizers"


def library(asked: Optimizer) -> ModuleType:
    """The imported library; raises SpaceError with the command that installs it."""
    if asked.lack():
        raise SpaceError(Problem("Y07", asked.lack(), "training.optimizer"))
    import pytorch_optimizer

    found: ModuleType = pytorch_optimizer
    return found
