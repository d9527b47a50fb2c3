"""The search as a scikit-learn classifier over arrays of images."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from autocnn.data import Dataset
    from autocnn.space import Space


class ImageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Searches, trains and keeps the best network for `(N, H, W)` or `(N, H, W, C)` images.

    `space` is a file, a mapping or a Space; None takes the default space for the data. `time` is
    the budget, such as 90 (seconds) or `20m`; None leaves it to the space. With `store`, a URL,
    the study is kept there under the space's name, and fitting again continues it; without, it is
    thrown away once the network is trained. With more than one worker a script needs the guard
    `if __name__ == "__main__"`, because worker processes import it again.

    After `fit`: `classes_`, `bundle_` (the network and all that prediction needs) and `result_`.
    """

    def __init__(
        self,
        space: Space | str | Path | Mapping[str, Any] | None = None,
        *,
        time: float | str | None = "5m",
        trials: int | None = None,
        workers: int | Literal["auto"] = 1,
        seed: int = 0,
        store: str | None = None,
    ):
        self.space = space
        self.time = time
        self.trials = trials
        self.workers = workers
        self.seed = seed
        self.store = store

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Search on the images X and their labels y, of any kind; a tenth of them validates.

        Raises DataError for arrays that are no images, SpaceError and NoTrialSucceeded.
        """
        from autocnn.api import run_search
        from autocnn.data import from_arrays
        from autocnn.reuse import load_bundle

        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        names = np.array([str(label) for label in self.classes_])
        dataset = from_arrays(X, names[codes])
        with ExitStack() as stack:
            store = self.store
            if store is None:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="autocnn-"))
                store = f"sqlite:///{folder}/autocnn.db"
            self.result_ = run_search(self._space(dataset), store=store, dataset=dataset)
            if self.result_.bundle is None:
                raise KeyboardInterrupt
            self.bundle_ = load_bundle(self.result_.bundle)
        self._columns = [self.bundle_.classes.index(name) for name in names]
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """Probabilities `(N, classes)`, in the order of `classes_`."""
        from autocnn.reuse.predict import decode_arrays

        check_is_fitted(self, "bundle_")
        pixels = decode_arrays(self.bundle_, np.asarray(X))
        found: NDArray[np.float32] = self.bundle_.probabilities(pixels)[:, self._columns]
        return found

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The most probable label of each image, of the kind that `fit` was given."""
        best = self.predict_proba(X).argmax(1)
        found: NDArray[Any] = self.classes_[best]
        return found

    def _space(self, dataset: Dataset) -> Space:
        from autocnn.api import load_space
        from autocnn.default_space import default_space
        from autocnn.space import Space

        if isinstance(self.space, Space):
            return self.space
        executor = "inline" if self.workers == 1 else "processes"
        changes = [f"search.{key}={value}" for key, value in (
            ("workers", self.workers), ("executor", executor), ("seed", self.seed),
        )]  # fmt: skip
        limits = {"time": self.time, "trials": self.trials}
        changes += [f"budget.{key}={value}" for key, value in limits.items() if value is not None]
        source = default_space(dataset, "arrays") if self.space is None else self.space
        return load_space(source, overrides=changes)
