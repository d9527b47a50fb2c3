"""Any number of labels for each image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from autocnn.data.tasks.task import (
    TASKS,
    Cells,
    ColumnNames,
    Encoded,
    Fault,
    Scale,
    Task,
    names_for,
    percent,
    table_of,
    without,
)
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

THRESHOLD = 0.5
"""An image has a label if its probability is this or more."""

SEPARATORS = ";", ",", "/", "+", "&", " "
"""What else stands between labels in tables."""

ZERO_OR_ONE = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}


@TASKS.register("multilabel")
class Multilabel(Task):
    """Each image has none, one or several of the labels; each output becomes a probability.

    In a table they stand in one column, with `separator` between them (nothing in it is none of
    them), or each in a column of its own with 0 and 1, which `columns` lists. Arrays are 0 and 1,
    `(N, labels)`; `columns` names them. Parts get equal shares of images by their rarest label.
    """

    separator: Annotated[str, Field(min_length=1, max_length=8)] = "|"
    columns: ColumnNames = ()

    thing = ("label", "labels")
    least = 1
    loss = "binary_cross_entropy"
    metric = "average_precision"
    usual_columns = ("labels", "tags")

    @property
    def label_columns(self) -> tuple[str, ...]:
        return self.columns

    @property
    def may_be_empty(self) -> bool:
        return not self.columns

    def from_text(self, parts: Mapping[str, Sequence[Cells]], columns: Sequence[str]) -> Encoded:
        import numpy as np

        if self.columns:
            return self._from_columns(parts)
        sets = {
            part: [[piece.strip() for piece in cells[0].split(self.separator)] for cells in rows]
            for part, rows in parts.items()
        }
        learned = [given for part in ("all", "train") for given in sets.get(part, ())]
        names = tuple(sorted({name for given in learned for name in given} - {""}))
        numbers = {name: number for number, name in enumerate(names)}
        faults, labels, bare = [], {}, 0
        for part, rows in sets.items():
            labels[part] = np.zeros((len(rows), len(names)), np.int64)
            for row, given in enumerate(rows):
                bare += given == [""]
                for name in given if given != [""] else ():
                    if name in numbers:
                        labels[part][row, numbers[name]] = 1
                        continue
                    text = f"label {name!r} has no row of the train part"
                    empty = f"an empty label between {self.separator!r}"
                    faults.append(
                        Fault("D30", text, part, row) if name else Fault("D27", empty, part, row)
                    )
        notes = (f"{bare} images have none of the labels",) if bare else ()
        return Encoded(names, labels, tuple(faults), notes + self._doubts(learned, names))

    def _doubts(self, rows: Sequence[Sequence[str]], names: Sequence[str]) -> tuple[str, ...]:
        """What to say where labels seem to stand with another separator between them."""
        if any(len(given) > 1 for given in rows):
            return ()
        known = set(names)
        for other in SEPARATORS:
            several = [name for name in names if other in name]
            if any(known.issuperset(map(str.strip, name.split(other))) for name in several):
                text = (
                    f"no image has two labels with {self.separator!r} between them, but some are"
                )
                hint = f"data.task={{multilabel: {{separator: {other!r}}}}} splits them"
                return (f"{text} of others with {other!r}, such as {several[0]!r}; {hint}",)
        return ()

    def _from_columns(self, parts: Mapping[str, Sequence[Cells]]) -> Encoded:
        import numpy as np

        faults = [
            Fault("D27", f"expected 0 or 1 in the column {name!r}, got {cell!r}", part, row)
            for part, rows in parts.items()
            for row, cells in enumerate(rows)
            for name, cell in zip(self.columns, cells, strict=True)
            if cell not in ZERO_OR_ONE
        ]
        labels = {
            part: np.array([[ZERO_OR_ONE.get(cell, 0) for cell in row] for row in rows], np.int64)
            for part, rows in parts.items()
        }
        return Encoded(self.columns, labels, tuple(faults))

    def from_arrays(self, parts: Mapping[str, tuple[Any, int]]) -> Encoded:
        import numpy as np

        tables = {
            part: table_of(values, count, f"{part} labels")
            for part, (values, count) in parts.items()
        }
        problems = [
            Problem("D36", "expected 0 and 1 only, one column for each label", f"{part} labels")
            for part, table in tables.items()
            if not np.isin(table, (0, 1)).all()
        ]
        if problems:
            raise DataError(*problems)
        names = names_for(self.columns, tables, parts, "label")
        return Encoded(names, {part: table.astype(np.int64) for part, table in tables.items()})

    def strata(
        self, labels: NDArray[Any], names: Sequence[str]
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        import numpy as np

        images = labels.sum(0)
        rarity = np.where(labels > 0, images, len(labels) + 1)
        bare = np.full((len(labels), 1), len(labels))
        rarest: NDArray[Any] = np.concatenate([rarity, bare], 1).argmin(1)
        return rarest, (*names, "none of them")

    def counts(self, labels: NDArray[Any], outputs: int) -> NDArray[Any]:
        import numpy as np

        found: NDArray[Any] = labels.sum(0, dtype=np.int64)
        return found

    def align(
        self, labels: NDArray[Any], names: Sequence[str], wanted: Sequence[str]
    ) -> NDArray[Any]:
        import numpy as np

        found = np.zeros((len(labels), len(wanted)), np.int64)
        found[:, [wanted.index(name) for name in names]] = labels
        return found

    def cells(self, label: Any, names: Sequence[str]) -> Cells:
        if self.columns:
            return tuple(str(int(value)) for value in label)
        return (self.separator.join(n for n, there in zip(names, label, strict=True) if there),)

    def headings(self, names: Sequence[str]) -> Cells:
        return tuple(names) if self.columns else ("labels",)

    def remarks(
        self, parts: Mapping[str, NDArray[Any]], names: Sequence[str], *, allow_empty: bool
    ) -> tuple[list[Problem], list[str]]:
        if not names:
            return [Problem("D02", "no image has a label")], []
        counts = {part: self.counts(labels, len(names)) for part, labels in parts.items()}
        empty = without(names, counts["train"].tolist())
        if empty and not allow_empty:
            hint = "no training image has a label; data.allow_empty_classes: true allows it"
            return [Problem("D03", hint, ", ".join(empty))], []
        notes = []
        for part, labels in parts.items():
            missing = without(names, counts[part].tolist())
            always = without(names, (len(labels) - counts[part]).tolist())
            if missing:
                shown = ", ".join(missing)
                notes.append(f"labels without a {part} image, left out of metrics there: {shown}")
            if always:
                notes.append(f"labels that every {part} image has: {', '.join(always)}")
        return [], notes

    def targets(self, labels: Tensor, scale: Scale) -> Tensor:
        return labels.float()

    def predictions(self, outputs: Tensor, scale: Scale) -> Tensor:
        return outputs.sigmoid()

    def outputs(self, predictions: Tensor, scale: Scale) -> Tensor:
        return predictions.logit(eps=1e-7)

    def mean_loss(self, outputs: Tensor, labels: Tensor, scale: Scale) -> float:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return float(binary_cross_entropy_with_logits(outputs.double(), labels.double()))

    def findings(
        self, predictions: NDArray[Any], labels: NDArray[Any], names: Sequence[str]
    ) -> dict[str, Any]:
        from sklearn.metrics import average_precision_score

        guessed, true = predictions >= THRESHOLD, labels > 0
        rows = []
        for place, name in enumerate(names):
            images = int(true[:, place].sum())
            precision = (
                average_precision_score(true[:, place], predictions[:, place]) if images else None
            )
            rows.append(
                {
                    "label": name,
                    "images": images,
                    "found": int(guessed[:, place].sum()),
                    "right": int((guessed & true)[:, place].sum()),
                    "average_precision": None if precision is None else float(precision),
                }
            )
        return {"labels": rows}

    def summary(
        self, findings: Mapping[str, Any], names: Sequence[str]
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        heads = ("label", "images", "precision", "recall", "average precision")
        return heads, [
            (
                row["label"],
                str(row["images"]),
                percent(row["right"], row["found"]),
                percent(row["right"], row["images"]),
                "-" if row["average_precision"] is None else f"{row['average_precision']:.4f}",
            )
            for row in findings["labels"]
        ]

    def answer(self, predictions: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
        return {
            "label": self.separator.join(self.found(predictions, names)),
            "probabilities": tuple(predictions.tolist()),
        }

    def found(self, probabilities: Iterable[float], names: Sequence[str]) -> list[str]:
        """The labels that are as probable as not."""
        return [name for name, p in zip(names, probabilities, strict=True) if p >= THRESHOLD]
