"""The known ways to learn from images without labels."""

from autocnn.training.pretraining.denoising import Denoising
from autocnn.training.pretraining.masked import Masked
from autocnn.training.pretraining.pretraining import PRETRAININGS, Pretraining

__all__ = ["PRETRAININGS", "Denoising", "Masked", "Pretraining"]
