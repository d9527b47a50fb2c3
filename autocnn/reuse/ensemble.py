"""Several networks that predict together: a bundle of bundles in one folder."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.errors import BundleError, Problem
from autocnn.reuse.bundle import (
    DOCUMENT,
    MEMBERS,
    Bundle,
    Described,
    document_of,
    load_bundle,
    read_document,
    read_network,
    write_rest,
)
from autocnn.reuse.document import Measure
from autocnn.reuse.folder import check_manifest, new_folder, read_json
from autocnn.reuse.predictor import Predictor
from autocnn.reuse.weights import save_weights
from autocnn.space import Candidate, write_candidate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Ensemble(Predictor):
    """Networks for the same data; `weights` say how much each counts and add up to 1."""

    members: tuple[Bundle, ...]
    weights: tuple[float, ...]

    def outputs(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Outputs `(N, outputs)` that give the weighted mean of the members' predictions."""
        import torch

        pairs = zip(self.weights, self.members, strict=True)
        mean = sum(weight * torch.from_numpy(one.predictions(pixels)) for weight, one in pairs)
        assert isinstance(mean, torch.Tensor)
        return self.document.task.outputs(mean, self.scale)


def save_ensemble(
    folder: str | Path,
    members: Sequence[tuple[Candidate, Mapping[str, Tensor], float]],
    data: Described,
    *,
    metrics: Sequence[Measure] = (),
    provenance: Mapping[str, Any] | None = None,
    force: bool = False,
) -> Path:
    """Write candidates with their weights and how much each counts; as `save_bundle` does."""
    folder = Path(folder)
    candidates = [candidate for candidate, _, _ in members]
    documents = [document_of(candidate, data, metrics, provenance) for candidate in candidates]
    rows = []
    with new_folder(folder, force=force) as temporary:
        for number, (candidate, weights, weight) in enumerate(members):
            row = {
                "architecture": f"architecture-{number}.yaml",
                "weights": f"weights-{number}.safetensors",
                "weight": weight,
            }
            text = write_candidate(candidate)
            (temporary / str(row["architecture"])).write_text(text, encoding="utf-8")
            save_weights(temporary / str(row["weights"]), weights)
            rows.append(row)
        listed = json.dumps({"members": rows}, indent=2)
        (temporary / MEMBERS).write_text(listed + "\n", encoding="utf-8")
        write_rest(temporary, candidates, documents[0], folder.name)
    return folder


def load_ensemble(folder: str | Path, *, allow_imports: bool = False) -> Ensemble:
    """Read an ensemble; raises BundleError as `load_bundle` does."""
    folder = Path(folder)
    check_manifest(folder, (MEMBERS, DOCUMENT))
    document, rows = read_document(folder / DOCUMENT), _rows(folder)
    check_manifest(folder, tuple(str(row[key]) for row in rows for key in _FILES))
    members = tuple(
        read_network(
            folder, row["architecture"], row["weights"], document, allow_imports=allow_imports
        )
        for row in rows
    )
    return Ensemble(
        folder=folder,
        document=document,
        members=members,
        weights=tuple(row["weight"] for row in rows),
    )


def load_predictor(folder: str | Path, *, allow_imports: bool = False) -> Predictor:
    """Read a bundle or an ensemble, whichever is in the folder."""
    if (Path(folder) / MEMBERS).is_file():
        return load_ensemble(folder, allow_imports=allow_imports)
    return load_bundle(folder, allow_imports=allow_imports)


_FILES = ("architecture", "weights")


def _rows(folder: Path) -> list[dict[str, Any]]:
    """The table of members; raises BundleError if it is none."""
    rows = read_json(folder / MEMBERS).get("members")
    sound = isinstance(rows, list) and rows and all(map(_is_row, rows))
    if not sound or not math.isclose(sum(row["weight"] for row in rows), 1.0, abs_tol=1e-6):  # type: ignore[union-attr]
        text = "lists no networks with files and weights that add up to 1"
        raise BundleError(Problem("A01", text, str(folder / MEMBERS)))
    return list(rows)  # type: ignore[arg-type]


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or row.keys() != {*_FILES, "weight"}:
        return False
    weight = row["weight"]
    return type(weight) is float and weight > 0 and all(type(row[key]) is str for key in _FILES)
