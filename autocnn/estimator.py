"""The search as a scikit-learn classifier and regressor over arrays of images."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from autocnn.data.arrays import as_array
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from autocnn.space import Space


class ImageEstimator(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor have in common: the search and what it leaves."""

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

    def _search(self, x: Any, y: Any, task: str) -> None:
        """Search on images and labels; sets `result_` and `bundle_`."""
        from autocnn.api import load_space, run_search
        from autocnn.data import DataOptions, from_arrays
        from autocnn.data.tasks import TASKS
        from autocnn.default_space import default_space
        from autocnn.reuse import load_bundle

        space = self._given(task)
        options = DataOptions(task=TASKS[task]()) if space is None else space.section(DataOptions)
        alone = options.model_copy(update={"test": 0.0, "groups": None})
        dataset = from_arrays(x, y, options=alone)
        if space is None:
            space = load_space(default_space(dataset, "arrays"), overrides=self._changes())
        with ExitStack() as stack:
            store = self.store
            if store is None:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="autocnn-"))
                store = f"sqlite:///{folder}/autocnn.db"
            kept = self.store is not None
            found = run_search(space, store=store, dataset=dataset, report=kept)
            gone = replace(found, store="", bundle=None, ensemble=None)
            self.result_ = found if kept else gone
            if found.bundle is None:
                raise KeyboardInterrupt
            self.bundle_ = load_bundle(found.bundle)

    def _predictions(self, x: Any) -> NDArray[np.float32]:
        """Probabilities or values `(N, outputs)`; raises NotFittedError."""
        check_is_fitted(self, "bundle_")
        return self.bundle_.predictions(as_array(x, "D12", "X"))

    def _given(self, task: str) -> Space | None:
        """The space that was given, for this task and with the other arguments in it."""
        from autocnn.api import load_space
        from autocnn.space import Space

        if self.space is None:
            return None
        changes = [*self._changes(), f"data.task={task}"]
        if not isinstance(self.space, Space):
            return load_space(self.space, overrides=changes)
        changed = load_space(self.space.document, overrides=changes)
        return replace(changed, file=self.space.file)  # what it names is meant from there

    def _changes(self) -> list[str]:
        """The other arguments as changes of a space."""
        executor = "inline" if self.workers == 1 else "processes"
        changes = [f"search.{key}={value}" for key, value in (
            ("workers", self.workers), ("executor", executor), ("seed", self.seed),
        )]  # fmt: skip
        limits = {"time": self.time, "trials": self.trials}
        changes += [f"budget.{key}={value}" for key, value in limits.items() if value is not None]
        return changes


class ImageClassifier(ClassifierMixin, ImageEstimator):  # type: ignore[misc]
    """Searches, trains and keeps the best network for `(N, H, W)` or `(N, H, W, C)` images.

    `space` is a file, a mapping or a Space, whose `data` options say what is done with the images;
    None takes the default space for them. `time` is the budget, such as 90 (seconds) or `20m`;
    None leaves it to the space. With `store`, a URL, the study is kept there under the space's
    name, and fitting again continues it; without, it is thrown away once the network is trained:
    there is no report, and `result_` has no store and no bundle.
    With more than one worker a script needs the guard `if __name__ == "__main__"`, because worker
    processes import it again.

    After `fit`: `classes_`, `bundle_` (the network and all that prediction needs) and `result_`.
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Search on the images X and their labels y, of any kind; a tenth of them validates.

        A y of 0 and 1, `(N, labels)`, says which of several labels each image has, as elsewhere in
        scikit-learn. Raises DataError for arrays that are no images and missing labels, SpaceError
        and NoTrialSucceeded.
        """
        labels = as_array(y, "D36", "y")
        several = labels.ndim == 2 and labels.shape[1] > 1
        if several:
            classes = np.arange(labels.shape[1])
            self._search(X, y, "multilabel")
            self._columns = list(range(labels.shape[1]))
        else:
            classes, codes = _distinct(labels)
            names = np.array([str(label) for label in classes])
            self._search(X, names[codes], "classification")
            self._columns = [self.bundle_.classes.index(name) for name in names]
        self.classes_, self._several = classes, several  # a failed fit leaves those of the last
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """Probabilities `(N, classes)`, in the order of `classes_`."""
        found = self._predictions(X)
        return found[:, self._columns]

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The most probable label of each image, of the kind that `fit` was given.

        Of several labels 1 for those that are as probable as not, else 0, `(N, labels)`.
        """
        probabilities = self.predict_proba(X)
        if self._several:
            return (probabilities >= 0.5).astype(np.int64)
        found: NDArray[Any] = self.classes_[probabilities.argmax(1)]
        return found


class ImageRegressor(RegressorMixin, ImageEstimator):  # type: ignore[misc]
    """Searches, trains and keeps the best network that estimates numbers from images.

    Arguments are those of ImageClassifier. After `fit`: `bundle_` and `result_`.
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Search on the images X and their numbers y, `(N,)` or `(N, values)`.

        Raises DataError for arrays that are no images and for numbers that are not finite,
        SpaceError and NoTrialSucceeded.
        """
        flat = as_array(y, "D36", "y").ndim == 1
        self._search(X, y, "regression")
        self._flat = flat
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """An estimate for each image in the units of y, `(N,)` or `(N, values)` as y was."""
        values = self._predictions(X).astype(np.float64)
        return values[:, 0] if self._flat else values


def _distinct(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The labels in order, and the place there of each; raises DataError for missing ones."""
    import pandas as pd  # slow

    if pd.isna(labels).any():
        raise DataError(Problem("D36", "some labels are missing", "y"))
    if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == np.rint(labels))).all():
        text = "labels look like numbers, not classes; ImageRegressor estimates numbers"
        raise DataError(Problem("D36", text, "y"))
    try:
        found, places = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise DataError(Problem("D36", "labels of several kinds have no order", "y")) from error
    return found, places
