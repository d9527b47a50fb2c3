"""What was found for each output: class, label or value, from the details of the finals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.report import classes, labels, values
from autocnn.report.calibration import calibration_figure, calibration_frame
from autocnn.report.objective import percent

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from autocnn.store import StudyRecord

Words = dict[str, Any]
Figures = dict[str, "go.Figure"]

THINGS: Mapping[str, tuple[str, str]] = {
    "classification": ("class", "classes"),
    "multilabel": ("label", "labels"),
    "regression": ("value", "values"),
}


CAPTIONS: Mapping[str, tuple[str, str]] = {
    "confusion": (
        "Confusion matrix",
        "Each row is a true class. Right answers and mistakes have colours of their own; the "
        "strongest mistake has the full colour.",
    ),
    "calibration": (
        "Calibration",
        "Images in bins by how sure the network was. Above the dotted line it is right more often "
        "than it thinks.",
    ),
    "value": (
        "Estimates",
        "Each dot is an image, at most 400 of them; on the dotted line the estimate is right.",
    ),
    "residual": (
        "Residuals",
        "How much each estimate is too high, or too low below the dotted line.",
    ),
}
"""Figure of the outputs, without its number -> its title and its words."""

NOTES: Mapping[str, str] = {
    "per_class": (
        "Precision: of the images taken for this class, the share that is. Recall: of its images, "
        "the share that was found, with a 95 % Wilson interval. F1 is their harmonic mean."
    ),
    "per_label": (
        "A label is found where its probability is 1/2 or more. Precision: of the images in which "
        "it is found, the share that has it. Recall: of the images that have it, the share in "
        "which it is found, with a 95 % Wilson interval. F1 is their harmonic mean; average "
        "precision is over all thresholds."
    ),
    "per_value": (
        "In the units of each value: the mean of what estimates are too high by, the mean "
        "absolute error, and the root of the mean squared error."
    ),
}
"""Table of the outputs -> what its columns mean."""


def things(study: StudyRecord, count: int = 2) -> str:
    """What so many outputs stand for."""
    return THINGS[study.data.get("task", "classification")][count != 1]


def measured(details: object) -> str | None:
    """Which kind of finding the details of a final hold, if any."""
    given = details if isinstance(details, Mapping) else {}
    return next((kind for kind in READERS if given.get(kind)), None)


def outputs(
    study: StudyRecord, finals: pd.DataFrame, number: int | None
) -> tuple[Words, dict[str, Figures]]:
    """What the winner's finals found, on test images where there are such."""
    words: Words = {
        "per_class": [], "confusions": [], "per_label": [], "per_value": [],
        "outputs": things(study).capitalize(), "outputs_note": "", "outputs_notes": NOTES,
        "captions": CAPTIONS,
    }  # fmt: skip
    rows = finals[finals["trial"] == number].iloc[::-1].sort_values("split", kind="stable")
    row = next((row for row in rows.to_dict("records") if measured(row["details"])), None)
    if row is None:
        return words, {}
    details, kind = row["details"], str(measured(row["details"]))
    images = details.get("images") or (study.data.get("images") or {}).get(row["split"], 0)
    if kind == "confusion":
        images = sum(map(sum, details[kind]))
    found, figures = READERS[kind](details[kind], study)
    if details.get("calibration"):
        frame = calibration_frame(details["calibration"])
        figures = {**figures, "calibration": calibration_figure(frame)}
    note = f"Measured on {images:,} {row['split']} images."
    words["outputs_note"] = f"{note} {found.pop('warning', '')}".strip()
    return words | found, {name: {"": figure} for name, figure in figures.items()}


def _of_classes(matrix: Sequence[Sequence[int]], study: StudyRecord) -> tuple[Words, Figures]:
    names = [str(name) for name in study.data.get("classes") or range(len(matrix))]
    if len(names) != len(matrix):
        names = [str(place) for place in range(len(matrix))]
    return {
        "warning": classes.constant(matrix, names),
        "confusions": [
            {
                "true": line["class"],
                "taken_for": line["taken_for"],
                "images": line["images"],
                "share": percent(line["share"], 1),
            }
            for line in classes.confusions(matrix, names).to_dict("records")
        ],
        "per_class": _said(classes.per_class(matrix, names)),
    }, {"confusion": classes.confusion_figure(matrix, names)}


def _of_labels(rows: Sequence[Mapping[str, Any]], study: StudyRecord) -> tuple[Words, Figures]:
    return {"per_label": _said(labels.per_label(rows))}, {}


def _of_values(rows: Sequence[Mapping[str, Any]], study: StudyRecord) -> tuple[Words, Figures]:
    shown = rows[: values.DRAWN]
    frames = [values.value_frame(row["true"], row["predicted"]) for row in shown]
    found = [
        {"name": row["value"], **{key: f"{row[key]:.4g}" for key in ("bias", "mae", "rmse")}}
        for row in rows
    ]
    figures = {}
    for place, frame in enumerate(frames):
        figures[f"value-{place}"] = values.value_figure(frame, str(shown[place]["value"]))
        figures[f"residual-{place}"] = values.residual_figure(frame, str(shown[place]["value"]))
    return {"per_value": found, "drawn": [str(row["value"]) for row in shown]}, figures


def _said(frame: pd.DataFrame) -> list[Words]:
    shares = [name for name in ("precision", "recall", "f1", "average_precision") if name in frame]
    return [
        {
            "name": line.get("class", line.get("label")),
            "images": f"{line['images']:,}",
            **{name: percent(line[name], 1) for name in shares},
            "range": f"{percent(line['low'], 1)} to {percent(line['high'], 1)}",
        }
        for line in frame.to_dict("records")
    ]


READERS: Mapping[str, Callable[[Any, StudyRecord], tuple[Words, Figures]]] = {
    "confusion": _of_classes,
    "labels": _of_labels,
    "values": _of_values,
}
"""Who reads what, by the key among the details of a final."""
