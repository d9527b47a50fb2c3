"""Strategies that propose candidates: `STRATEGIES` lists them by name."""

from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish  # isort: skip
from autocnn.search.strategies.evolution import Evolution
from autocnn.search.strategies.from_optuna import BruteForce, CmaEs, Gp, Nsga2, Nsga3, Qmc
from autocnn.search.strategies.grid import Grid
from autocnn.search.strategies.local_search import LocalSearch
from autocnn.search.strategies.random import Random
from autocnn.search.strategies.reinforce import Reinforce
from autocnn.search.strategies.surrogate import Default, Surrogate
from autocnn.search.strategies.tpe import Tpe

__all__ = [
    "STRATEGIES",
    "BruteForce",
    "CmaEs",
    "Default",
    "Evolution",
    "Gp",
    "Grid",
    "LocalSearch",
    "Nsga2",
    "Nsga3",
    "Qmc",
    "Random",
    "Reinforce",
    "Strategy",
    "Surrogate",
    "Tpe",
    "Wish",
]
