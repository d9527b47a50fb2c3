"""A bundle measured on labelled images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autocnn.data.dataset import Dataset
from autocnn.data.opening import open_data
from autocnn.data.options import DataOptions
from autocnn.data.part import Part
from autocnn.errors import DataError, Problem, suggest
from autocnn.reuse.own_data import own_data

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.reuse.predictor import Predictor
    from autocnn.training import Evaluation

IMAGES_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Result:
    """How good the bundle is on a part by the metric of its task.

    `low` and `high` bound the 95 % interval over the images of this kind. `metrics` are the values
    of all metrics of the task by their words. `found` has labels and predictions, `findings` what
    a report shows of them.
    """

    part: str
    images: int
    metric: str
    value: float
    low: float
    high: float
    interval: str
    metrics: dict[str, float]
    found: Evaluation
    findings: dict[str, Any]
    classes: tuple[str, ...]

    def summary(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Headings, and a row for each class, label or value."""
        return self.found.task.summary(self.findings, self.classes)

    def to_json(self) -> dict[str, Any]:
        """Everything, the confusion matrix row by row."""
        return {
            "part": self.part,
            "images": self.images,
            self.metric: self.value,
            "low": self.low,
            "high": self.high,
            "interval": self.interval,
            "metrics": self.metrics,
            "classes": list(self.classes),
            **self.findings,
        }


def open_labelled(bundle: Predictor, source: str, *, seed: int = 0) -> Dataset:
    """Open labelled images, decoded as in the bundle's training; bad files are left out.

    The parts are the source's own, nothing is split off: one image will do. Where it has no test
    part, `test` is None. Data that the bundle was trained on have the parts of that training.
    Raises DataError.
    """
    if own := _own(bundle, source):
        return own
    how = bundle.document.preprocessing
    options = DataOptions(
        source=source,
        task=bundle.document.task,
        test=0.0,
        seed=seed,
        size=(how.height, how.width),
        channels=how.channels,
        fit=how.fit,
        background=how.background,
        max_value=how.max_value,
        on_bad="skip",
        conflicts="keep",
        allow_empty_classes=True,
    )
    return open_data(options.model_copy(update={"validation": 0.0}))


def _own(bundle: Predictor, source: str) -> Dataset | None:
    """The data of the bundle's training with its parts, if the source has just these images."""
    dataset = own_data(bundle.document.provenance, source)
    if dataset is None:
        return None
    note = "the network was trained on these data: `test` is what it has not learned from"
    if dataset.test is None:
        note = "the network was trained on these data, of which none were kept for a test"
    return replace(dataset, notes=(*dataset.notes, note))


def evaluate_bundle(bundle: Predictor, dataset: Dataset, part: str = "auto") -> Result:
    """Measure the bundle on `test`, on `all` images, or, by `auto`, on test if there is one.

    Raises DataError if there is no test part or a class that the bundle does not know.
    """
    import numpy as np
    import torch

    from autocnn.training import METRICS
    from autocnn.training.evaluation import measured

    if part == "auto":
        part = "test" if dataset.test is not None else "all"
    if part == "test" and dataset.test is None:
        raise DataError(Problem("D05", "has no test part of its own", dataset.source))
    _refuse_unknown(bundle, dataset)
    chosen = [] if part == "test" else [dataset.train, dataset.validation]
    chosen += [dataset.test] if dataset.test is not None else []
    task, names = bundle.document.task, bundle.classes
    labels = np.concatenate([each.plain_labels for each in chosen])
    truth = torch.from_numpy(task.align(labels, dataset.classes, names))
    outputs = torch.cat([_outputs(bundle, each) for each in chosen if len(each)])
    found = measured(outputs, truth, task, bundle.scale)
    metric = METRICS[task.metric]()
    every = [METRICS[word]() for word in METRICS if not METRICS.misfit(word, task.word)]
    return Result(
        part,
        len(labels),
        metric.word,
        metric.value(found),
        *metric.interval(found),
        {each.word: float(each.value(found)) for each in every if not each.fault(len(names))},
        found,
        task.findings(found.predictions, found.labels, names),
        names,
    )


def _refuse_unknown(bundle: Predictor, dataset: Dataset) -> None:
    """Raise where the data have a class that the bundle does not know, or lack a value."""
    one = bundle.document.task.thing[0]
    unknown = [name for name in dataset.classes if name not in bundle.classes]
    if unknown:
        near = suggest(unknown[0], bundle.classes)
        text = f"the bundle does not know the {one} {unknown[0]!r}{near}"
        raise DataError(Problem("D30", text, dataset.source))
    missing = [name for name in bundle.classes if name not in dataset.classes]
    if missing and bundle.document.task.scaled:
        text = f"the data have no {one} {missing[0]!r}, which the bundle estimates"
        raise DataError(Problem("D30", text, dataset.source))


def _outputs(bundle: Predictor, part: Part) -> Tensor:
    import torch

    images, rows = part.images.numpy(), part.indices.numpy()
    return torch.cat(
        [
            bundle.outputs(images[rows[start : start + IMAGES_AT_ONCE]])
            for start in range(0, len(rows), IMAGES_AT_ONCE)
        ]
    )
