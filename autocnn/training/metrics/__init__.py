"""The known metrics, each for some tasks."""

from autocnn.training.metrics.accuracy import Accuracy
from autocnn.training.metrics.auroc import AUROC
from autocnn.training.metrics.average_precision import AveragePrecision
from autocnn.training.metrics.balanced_accuracy import BalancedAccuracy
from autocnn.training.metrics.calibration_error import CalibrationError
from autocnn.training.metrics.distance import R2, MeanAbsoluteError, RootMeanSquaredError
from autocnn.training.metrics.f1 import F1Macro, F1Weighted
from autocnn.training.metrics.kappa import Kappa
from autocnn.training.metrics.label_accuracy import LabelAccuracy, SubsetAccuracy
from autocnn.training.metrics.loss import NegativeLogLikelihood
from autocnn.training.metrics.metric import METRICS, Metric, metric_of, named
from autocnn.training.metrics.top_accuracy import Top3Accuracy, Top5Accuracy

__all__ = [
    "AUROC", "METRICS", "R2", "Accuracy", "AveragePrecision", "BalancedAccuracy",
    "CalibrationError", "F1Macro", "F1Weighted", "Kappa", "LabelAccuracy", "MeanAbsoluteError",
    "Metric", "NegativeLogLikelihood", "RootMeanSquaredError", "SubsetAccuracy", "Top3Accuracy",
    "Top5Accuracy", "metric_of", "named",
]  # fmt: skip
