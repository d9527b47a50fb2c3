"""Our own Optuna samplers, for any study with one objective."""

from autocnn.search.samplers.evolution import EvolutionSampler
from autocnn.search.samplers.grid import TreeGridSampler
from autocnn.search.samplers.history_sampler import HistorySampler
from autocnn.search.samplers.local_search import LocalSearchSampler
from autocnn.search.samplers.reinforce import ReinforceSampler
from autocnn.search.samplers.surrogate import SurrogateSampler

__all__ = [
    "EvolutionSampler",
    "HistorySampler",
    "LocalSearchSampler",
    "ReinforceSampler",
    "SurrogateSampler",
    "TreeGridSampler",
]
