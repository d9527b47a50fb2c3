"""The reusable result of a search: a folder with everything that prediction needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

import autocnn
from autocnn.data.options import DataOptions
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.tasks import Scale, Task
from autocnn.errors import BundleError, Problem, SpaceError
from autocnn.html_text import html_facts, html_table
from autocnn.network import LAYERS, cost
from autocnn.reuse.card import model_card
from autocnn.reuse.document import BundleDocument, Measure
from autocnn.reuse.folder import (
    check_format,
    check_manifest,
    new_folder,
    read_json,
    read_text,
    write_manifest,
)
from autocnn.reuse.predictor import Predictor
from autocnn.reuse.weights import load_network, save_weights
from autocnn.space import Language, imports_allowed, read_candidate, write_candidate
from autocnn.space.candidate import Candidate
from autocnn.training import Recipe, recipe_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

ARCHITECTURE, WEIGHTS, DOCUMENT, CARD = (
    "architecture.yaml",
    "weights.safetensors",
    "bundle.json",
    "README.md",
)
MEMBERS = "ensemble.json"
"""The file that makes a folder an ensemble."""

NEEDED = (ARCHITECTURE, WEIGHTS, DOCUMENT)
"""The files without which a folder is no bundle."""

BATCH_VALUES = 2**25
"""Values computed at once in prediction, over the images of a batch: about 128 MB of floats."""


class Described(Protocol):
    """What a bundle keeps of the data set that its network was trained on."""

    @property
    def task(self) -> Task: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def scale(self) -> Scale: ...
    @property
    def preprocessing(self) -> Preprocessing: ...
    @property
    def mean(self) -> tuple[float, ...]: ...
    @property
    def std(self) -> tuple[float, ...]: ...


@dataclass(frozen=True, eq=False)
class Bundle(Predictor):
    """A trained network with its candidate, classes, preprocessing, metrics and provenance."""

    candidate: Candidate
    network: nn.Module

    def _repr_html_(self) -> str:
        """What was measured, the outputs and the network, for notebooks."""
        rows = [
            (m.split, m.metric, f"{m.value:.4g}", _interval(m), m.images) for m in self.metrics
        ]
        heads = ("part", "metric", "value", "95 % interval", "images")
        outputs = {"outputs": ", ".join(self.classes)}
        return (
            html_table(heads, rows, f"Bundle {self.folder.name}")
            + html_facts(outputs)
            + cost(self.candidate.architecture)._repr_html_()
            + self.candidate._repr_html_()
        )

    def outputs(self, pixels: NDArray[np.uint8]) -> Tensor:
        """What the network puts out `(N, outputs)` for decoded images `(N, H, W, C)`, uint8."""
        import numpy as np
        import torch

        found = [torch.empty(0, len(self.classes))]
        with torch.inference_mode():
            for start in range(0, len(pixels), self._batch):
                piece = np.require(pixels[start : start + self._batch], requirements=["C", "W"])
                found.append(self.logits(torch.from_numpy(piece)))
        return torch.cat(found)

    def logits(self, pixels: Tensor) -> Tensor:
        """The same for a batch of pixels `(N, H, W, C)`, uint8, all at once."""
        import torch

        document, recipe = self.document, recipe_of(self.candidate)
        mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (document.mean, document.std))
        images = pixels.permute(0, 3, 1, 2).float().div_(255).sub_(mean).div_(std)
        return torch.stack([self.network(view) for view in recipe.views(images)]).mean(0)

    @property
    def _batch(self) -> int:
        per_image = cost(self.candidate.architecture).activations
        return max(1, min(512, BATCH_VALUES // max(1, per_image)))


def _interval(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return ""
    return f"{measure.low:.4g} to {measure.high:.4g}"


def save_bundle(
    folder: str | Path,
    candidate: Candidate,
    weights: Mapping[str, Tensor],
    data: Described,
    *,
    metrics: Sequence[Measure] = (),
    provenance: Mapping[str, Any] | None = None,
    force: bool = False,
) -> Path:
    """Write a bundle and return its folder, which appears whole or not at all.

    Raises SpaceError if the folder is there already (without `force`) or cannot be written, and
    ValueError if the data do not belong to the candidate.
    """
    folder = Path(folder)
    document = document_of(candidate, data, metrics, provenance)
    with new_folder(folder, force=force) as temporary:
        (temporary / ARCHITECTURE).write_text(write_candidate(candidate), encoding="utf-8")
        save_weights(temporary / WEIGHTS, weights)
        write_rest(temporary, [candidate], document, folder.name)
    return folder


def document_of(
    candidate: Candidate,
    data: Described,
    metrics: Sequence[Measure],
    provenance: Mapping[str, Any] | None,
) -> BundleDocument:
    """What is said of a network for these data; raises ValueError if they do not belong to it."""
    made = (candidate.task, candidate.classes, candidate.architecture.shape)
    given = (data.task.word, len(data.classes), data.preprocessing.shape)
    if made != given:
        raise ValueError(
            f"the network is for {made[0]} with {made[1]} outputs and {made[2]}, "
            f"the data for {given[0]} with {given[1]} and {given[2]}"
        )
    return BundleDocument(
        autocnn=autocnn.__version__,
        task=data.task,
        classes=data.classes,
        scale=(data.scale.mean, data.scale.std),
        preprocessing=data.preprocessing,
        mean=data.mean,
        std=data.std,
        metrics=tuple(metrics),
        provenance=dict(provenance or {}),
    )


def write_rest(
    folder: Path, candidates: Sequence[Candidate], document: BundleDocument, name: str
) -> None:
    """Write document, model card and manifest beside the networks."""
    text = document.model_dump_json(indent=2)
    (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    card = model_card(candidates, document, name=name)
    (folder / CARD).write_text(card, encoding="utf-8")
    write_manifest(folder)


def load_bundle(folder: str | Path, *, allow_imports: bool = False) -> Bundle:
    """Read a bundle; raises BundleError if it is damaged, changed, too new or inconsistent.

    Nothing in it is trusted: the architecture goes through the language's own checks and a size
    limit before anything is built, the weights must fit it exactly. Layers from outside need
    their modules: imported before, or now with `allow_imports`, which runs their code.
    """
    folder = Path(folder)
    if (folder / MEMBERS).is_file():
        text = "is an ensemble, no single network; `load_ensemble`, predict and evaluate take it"
        raise BundleError(Problem("A01", text, str(folder)))
    check_manifest(folder, NEEDED)
    document = read_document(folder / DOCUMENT)
    return read_network(folder, ARCHITECTURE, WEIGHTS, document, allow_imports=allow_imports)


def read_network(
    folder: Path, candidate_file: str, weights: str, document: BundleDocument,
    *, allow_imports: bool,
) -> Bundle:  # fmt: skip
    """A network of a folder whose manifest was checked; raises BundleError if it is no match."""
    with imports_allowed(allow_imports):
        candidate = _read_candidate(folder / candidate_file)
    if document.task.word != candidate.task:
        text = f"is for {document.task.word}, the network for {candidate.task}"
        raise BundleError(Problem("A08", text, str(folder / DOCUMENT)))
    if len(document.classes) != candidate.classes:
        text = f"names {len(document.classes)} classes, the network has {candidate.classes}"
        raise BundleError(Problem("A08", text, str(folder / DOCUMENT)))
    if document.preprocessing.shape != candidate.architecture.shape:
        text = (
            f"prepares images of shape {document.preprocessing.shape}, "
            f"the network takes {candidate.architecture.shape}"
        )
        raise BundleError(Problem("A09", text, str(folder / DOCUMENT)))
    network = load_network(candidate.architecture, folder / weights)
    return Bundle(folder=folder, document=document, candidate=candidate, network=network)


def read_document(file: Path) -> BundleDocument:
    """The document of a bundle; raises BundleError if it is none."""
    check_format(read_json(file).get("format"), file)
    try:
        return BundleDocument.model_validate_json(read_text(file))
    except ValidationError as error:
        raise BundleError(*(_problem(fault, file) for fault in error.errors())) from error


def _problem(fault: Any, file: Path) -> Problem:
    path = ".".join(str(part) for part in fault["loc"])
    rule = "A08" if path == "classes" or "`classes`" in fault["msg"] else "A01"
    return Problem(rule, fault["msg"].removeprefix("Value error, "), path, str(file))


def _read_candidate(file: Path) -> Candidate:
    sections = {"data": DataOptions}
    language = Language(LAYERS, Recipe, {}, sections, trained=False)
    read_text(file)  # refuses what is too large or no text
    try:
        return read_candidate(file, language)
    except SpaceError as error:
        problems = [
            Problem("A06", f"{p.text} [{p.rule}]", p.path, str(file), p.line, p.column)
            for p in error.problems
        ]
        raise BundleError(*problems) from error
