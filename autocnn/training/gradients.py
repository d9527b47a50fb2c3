"""The gradients of a batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from autocnn.training.balance import Balance
from autocnn.training.batches import Drawn
from autocnn.training.compiling import FirstPass
from autocnn.training.plan import Plan
from autocnn.training.precision import arithmetic
from autocnn.training.process_group import ProcessGroup
from autocnn.training.recipe import Recipe
from autocnn.training.seeds import derive, seed_torch
from autocnn.training.stages import Trunk
from autocnn.training.state import Number, State


class Gradients:
    """Computes gradients as a recipe wants them; `weights` are those of the outputs, or None.

    `norm` is that of the last gradient before it was clipped, if it was. What is frozen gets none.
    """

    def __init__(
        self,
        recipe: Recipe,
        plan: Plan,
        state: State,
        group: ProcessGroup,
        balance: Balance,
        draws: int,
        weights: Sequence[float] | None,
    ):
        self._recipe, self._plan, self._state = recipe, plan, state
        self._group, self._balance, self._draws = group, balance, draws
        self._classes = None if weights is None else torch.tensor(weights).to(plan.device)
        self.norm: Number = 0.0
        self._first = FirstPass(state.module)
        self._trunk = Trunk(state.module) if recipe.frozen_epochs else None
        self._weights = [p for p in state.module.parameters() if p.ndim >= 2 and p.requires_grad]

    def regularize(self, lr: float) -> None:
        """Let the regularizers change weights after a step with this learning rate."""
        with torch.no_grad():
            for regularizer in self._recipe.regularize:
                regularizer.after(self._reached(), lr)

    def _reached(self) -> list[nn.Parameter]:
        """What regularizers reach."""
        return [p for p in self._weights if p.requires_grad]

    def compute(self, batch: Drawn) -> Number | None:
        """Give the parameters their gradients over a batch in all processes.

        Returns the mean loss, or None where that or the gradient's norm is not finite, which is
        not known in time of those on a GPU.
        """
        state, recipe = self._state, self._recipe
        if self._trunk is not None:
            self._trunk.freeze(state.epoch < recipe.frozen_epochs)
        value = _known(self._mean(*self._first(partial(self._pass, batch)), batch))
        if value is None:
            return None
        if recipe.clip is not None:
            norm = torch.nn.utils.clip_grad_norm_(state.module.parameters(), recipe.clip)
            found = _known(norm.detach())
            if found is None:
                return None
            self.norm = found
        for regularizer in recipe.regularize:
            regularizer.before(self._reached())
        return value

    def _pass(self, batch: Drawn) -> tuple[Tensor, Tensor]:
        """The loss of a forward and backward pass, and that of each image, detached."""
        seed_torch(derive(self._draws, "network", self._state.steps), self._plan.device)
        with arithmetic(self._plan):
            logits = self._state.module(batch.images)
        losses = self._recipe.loss.of_images(logits.float(), batch.targets, self._classes)
        loss = (losses if batch.weights is None else losses * batch.weights).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), losses.detach()

    def _mean(self, loss: Tensor, losses: Tensor, batch: Drawn) -> Tensor:
        """The mean loss of the whole batch; makes the gradients those of the whole batch."""
        group, easy, whole = self._group, self._state.easy, len(batch.rows)
        if group.size > 1:
            reduced = [loss]
            for parameter in self._state.module.parameters():
                if not parameter.requires_grad:
                    continue
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                reduced.append(parameter.grad)
            weight = len(losses) * group.size / whole
            if weight != 1:
                torch._foreach_mul_(reduced, weight)
            own, losses = losses * group.size, losses.new_zeros(whole)
            losses[batch.first : batch.first + len(own)] = own
            group.all_reduce([*reduced, losses])
            self._balance.note(whole, group.busy)
        if easy is not None:
            easy.note(batch.rows, losses)
        return loss


def _known(value: Tensor) -> Number | None:
    """The value, None where it is not finite; nobody waits for one that a GPU computes."""
    if value.device.type != "cpu":
        return value.double()
    number = value.item()
    return number if math.isfinite(number) else None


@contextmanager
def kept_statistics(module: nn.Module) -> Iterator[None]:
    """Let norms not learn from what passes inside the block."""
    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
