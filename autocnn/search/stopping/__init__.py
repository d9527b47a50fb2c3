"""Rules that decide which trials go on: `STOPPING` lists them by name."""

from autocnn.search.stopping.rule import STOPPING, Decision, Rung, Standing, StoppingRule  # isort: skip
from autocnn.search.stopping.asha import Asha
from autocnn.search.stopping.extrapolation import Extrapolation
from autocnn.search.stopping.full import Full
from autocnn.search.stopping.hyperband import Hyperband
from autocnn.search.stopping.median import Median
from autocnn.search.stopping.pasha import Pasha
from autocnn.search.stopping.patience import Patience
from autocnn.search.stopping.percentile import Percentile
from autocnn.search.stopping.pruner import Pruner
from autocnn.search.stopping.topk import TopK

__all__ = [
    "STOPPING",
    "Asha",
    "Decision",
    "Extrapolation",
    "Full",
    "Hyperband",
    "Median",
    "Pasha",
    "Patience",
    "Percentile",
    "Pruner",
    "Rung",
    "Standing",
    "StoppingRule",
    "TopK",
]
