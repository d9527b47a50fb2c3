"""What networks are told by before any training."""

from autocnn.training.scores.grad_norm import GradNorm
from autocnn.training.scores.initial_score import SCORES, InitialScore
from autocnn.training.scores.nwot import Nwot
from autocnn.training.scores.synflow import SynFlow

__all__ = ["SCORES", "GradNorm", "InitialScore", "Nwot", "SynFlow"]
