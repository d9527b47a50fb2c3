"""Strategies that propose candidates: `STRATEGIES` lists them by name."""

from autocnn.search.strategies.strategy import STRATEGIES, Strategy  # isort: skip
from autocnn.search.strategies.random import Random
from autocnn.search.strategies.tpe import Tpe

__all__ = ["STRATEGIES", "Random", "Strategy", "Tpe"]
