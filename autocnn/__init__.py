"""AutoML and neural architecture search for convolutional networks.

The public names below are imported when they are first used, so that `import autocnn` is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocnn.api import load_space as load_space
    from autocnn.api import open_study as open_study
    from autocnn.api import run_search as run_search
    from autocnn.api import to_optuna as to_optuna
    from autocnn.errors import AutocnnError as AutocnnError
    from autocnn.estimator import ImageClassifier as ImageClassifier
    from autocnn.estimator import ImageRegressor as ImageRegressor
    from autocnn.network import build as build
    from autocnn.network import cost as cost
    from autocnn.network.own_layer import layer as layer
    from autocnn.reuse.bundle import load_bundle as load_bundle
    from autocnn.reuse.ensemble import load_ensemble as load_ensemble

__version__ = "0.1.0"

_HOMES = {
    "AutocnnError": "autocnn.errors",
    "ImageClassifier": "autocnn.estimator",
    "ImageRegressor": "autocnn.estimator",
    "build": "autocnn.network",
    "cost": "autocnn.network",
    "layer": "autocnn.network.own_layer",
    "load_bundle": "autocnn.reuse.bundle",
    "load_ensemble": "autocnn.reuse.ensemble",
    "load_space": "autocnn.api",
    "open_study": "autocnn.api",
    "run_search": "autocnn.api",
    "to_optuna": "autocnn.api",
}

__all__ = [  # noqa: PLE0604, RUF100
    "AutocnnError",
    "ImageClassifier",
    "ImageRegressor",
    "__version__",
    "build",
    "cost",
    "layer",
    "load_bundle",
    "load_ensemble",
    "load_space",
    "open_study",
    "run_search",
    "to_optuna",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'autocnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
