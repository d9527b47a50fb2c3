"""Rules that decide which trials go on: `STOPPING` lists them by name."""

from autocnn.search.stopping.rule import STOPPING, Rung, StoppingRule  # isort: skip
from autocnn.search.stopping.asha import Asha
from autocnn.search.stopping.full import Full

__all__ = ["STOPPING", "Asha", "Full", "Rung", "StoppingRule"]
