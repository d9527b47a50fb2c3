"""No early stopping between trials."""

from __future__ import annotations

from autocnn.search.stopping.rule import STOPPING, Decision, Standing, StoppingRule


@STOPPING.register("none")
class Full(StoppingRule):
    """Train every trial to its end; only patience, faults and the budget stop it."""

    def epochs(self, horizon: float) -> tuple[float, ...]:
        """One rung: the whole training."""
        return (horizon,)

    def decide(self, standing: Standing) -> Decision | None:
        """Nobody waits, so there is nothing to decide."""
        return None

    def may_promote(self, standing: Standing) -> frozenset[int]:
        """No finished trial goes on."""
        return frozenset()
