"""A policy over holes, learned by policy gradient."""

from __future__ import annotations

import math
import random
from typing import Any

from autocnn.search.samplers.history_sampler import TRIES, Features, HistorySampler
from autocnn.search.samplers.numbers import at_place, is_number, place
from autocnn.search.samplers.past import Feasible, Filling, Past

PARTS = 7
"""A policy chooses among so many equal parts of a number's range."""

REPLAYED = 300
"""The policy is learned from the last so many trials."""

CLIP = 2.0
"""An advantage counts as so many standard deviations at most."""


class ReinforceSampler(HistorySampler):
    """Draws each hole from a softmax policy that REINFORCE has learned from the trials in order.

    The reward is the score over the mean of those before it, in standard deviations; `rate` is
    the size of a step. The policy starts even. See https://arxiv.org/abs/1611.01578.
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        rate: float = 0.3,
        feasible: Feasible | None = None,
        features: Features | None = None,
    ):
        super().__init__(seed, feasible=feasible, features=features)
        self._rate = rate

    def propose(self, past: Past, chance: random.Random) -> Filling | None:
        """A new filling by the policy, or None where it draws nothing but what is known."""
        policy = self._policy(past)
        found = (self._by(policy, past, chance) for _ in range(TRIES))
        return next((filling for filling in found if self.allows(filling)), None)

    def _policy(self, past: Past) -> dict[str, list[float]]:
        """The logits of every hole, learned from the start at each ask."""
        policy = {name: [0.0] * _options(past, name) for name in past.distributions}
        recent = past.scores[-REPLAYED:]
        if not recent.size:
            return policy
        spread, baseline = float(recent.std()) + 1e-12, float(recent[0])
        for filling, score in zip(past.fillings[-REPLAYED:], recent, strict=True):
            reward = min(max((float(score) - baseline) / spread, -CLIP), CLIP)
            baseline += 0.1 * (float(score) - baseline)
            for name, value in filling.items():
                logits, chosen = policy[name], _option(past, name, value)
                for option, share in enumerate(_softmax(logits)):
                    logits[option] += self._rate * reward * ((option == chosen) - share)
        return policy

    def _by(self, policy: dict[str, list[float]], past: Past, chance: random.Random) -> Filling:
        filling: Filling = {}
        for name in past.conditions.names:
            if past.conditions.opens(name, filling):
                shares = _softmax(policy[name])
                (option,) = chance.choices(range(len(shares)), shares)
                filling[name] = _value(past, name, option, chance)
        return filling


def _options(past: Past, name: str) -> int:
    distribution = past.distributions[name]
    return PARTS if is_number(distribution) else len(distribution.choices)  # type: ignore[attr-defined]


def _option(past: Past, name: str, value: Any) -> int:
    distribution = past.distributions[name]
    if is_number(distribution):
        return min(int(place(distribution, value) * PARTS), PARTS - 1)
    return int(distribution.to_internal_repr(value))


def _value(past: Past, name: str, option: int, chance: random.Random) -> Any:
    distribution = past.distributions[name]
    if is_number(distribution):
        return at_place(distribution, (option + chance.random()) / PARTS)
    return distribution.to_external_repr(option)


def _softmax(logits: list[float]) -> list[float]:
    top = max(logits)
    shares = [math.exp(logit - top) for logit in logits]
    total = sum(shares)
    return [share / total for share in shares]
