"""No early stopping between trials."""

from __future__ import annotations

from collections.abc import Sequence

from autocnn.search.stopping.rule import STOPPING, Promotion, Rung, StoppingRule


@STOPPING.register("none")
class Full(StoppingRule):
    """Train every trial to its end; only patience, faults and the budget stop it."""

    def epochs(self, horizon: float) -> tuple[float, ...]:
        """One rung: the whole training."""
        return (horizon,)

    def promote(self, rungs: Sequence[Rung]) -> Promotion | None:
        """Nobody waits, so nobody is promoted."""
        return None

    def may_promote(self, rung: Rung) -> frozenset[int]:
        """No finished trial goes on."""
        return frozenset()
