"""The known averages of weights over steps."""

from autocnn.training.averages.averaging import AVERAGES, Averaging
from autocnn.training.averages.ema import EMA
from autocnn.training.averages.lookahead import Lookahead
from autocnn.training.averages.swa import SWA

__all__ = ["AVERAGES", "EMA", "SWA", "Averaging", "Lookahead"]
