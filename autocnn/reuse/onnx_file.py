"""A bundle or an ensemble as one ONNX file, from pixels to predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from autocnn.errors import Problem, SpaceError
from autocnn.network.onnx_model import lack, run_onnx, to_onnx
from autocnn.reuse.bundle import Bundle
from autocnn.reuse.ensemble import Ensemble
from autocnn.reuse.folder import MANIFEST, sha256_of
from autocnn.reuse.predictor import Predictor

INPUT = "pixels"
TOLERANCE = 1e-4
"""How far predictions may lie from those of torch, values in deviations of the train part's."""

ABOUT = """Input: pixels (N, {height}, {width}, {channels}), uint8, decoded by `preprocessing`.
Output: {output} (N, {count}), in the order of `classes`. Both are in the metadata, as JSON."""


@dataclass(frozen=True)
class OnnxFile:
    """The bytes of a model, what it puts out, and how far that was from torch's.

    The difference of values is in their deviations over the train part.
    """

    model: bytes
    output: str
    difference: float


class Answer(nn.Module):
    """What a predictor predicts, as one module: pixels (N, H, W, C), uint8, to (N, outputs)."""

    def __init__(self, predictor: Predictor):
        super().__init__()
        document = predictor.document
        self._task, self._scale = document.task, predictor.scale
        if isinstance(predictor, Ensemble):
            self._members, self._weights = predictor.members, predictor.weights
        else:
            assert isinstance(predictor, Bundle)
            self._members, self._weights = (predictor,), (1.0,)
        self.networks = nn.ModuleList(member.network for member in self._members)

    def forward(self, pixels: Tensor) -> Tensor:
        found = [
            weight * self._task.predictions(member.logits(pixels), self._scale)
            for weight, member in zip(self._weights, self._members, strict=True)
        ]
        return torch.stack(found).sum(0)


def check_onnx() -> None:
    """Raise SpaceError where what makes ONNX files is not installed."""
    if text := lack("--format onnx"):
        raise SpaceError(Problem("", text))


def onnx_file(predictor: Predictor) -> OnnxFile:
    """Make the ONNX model of a predictor and hold it against torch on random pixels.

    Raises SpaceError (A10) where there is none, or where it predicts something else.
    """
    check_onnx()
    document, shape = predictor.document, predictor.document.preprocessing
    size = (shape.height, shape.width, shape.channels)
    output = "values" if document.task.scaled else "probabilities"
    about = ABOUT.format(
        height=size[0], width=size[1], channels=size[2],
        output=output, count=len(document.classes),
    )  # fmt: skip
    example = torch.zeros(2, *size, dtype=torch.uint8)
    answer = Answer(predictor).eval()
    model = to_onnx(answer, example, (INPUT, output), _notes(predictor), about)
    pixels = np.random.default_rng(0).integers(0, 256, (3, *size), np.uint8)
    given, found = predictor.predictions(pixels), run_onnx(model, pixels)
    unit = predictor.scale.std if document.task.scaled else 1.0
    difference = float(np.max(np.abs(found - given) / unit))
    if not difference <= TOLERANCE:
        text = f"as ONNX predicts something else: it differs by {difference:.2g}"
        raise SpaceError(Problem("A10", text, str(predictor.folder)))
    return OnnxFile(model, output, difference)


def _notes(predictor: Predictor) -> Mapping[str, str]:
    """What the file says of itself; values other than plain words are JSON."""
    document = predictor.document
    return {
        "task": document.task.word,
        "classes": json.dumps(document.classes),
        "preprocessing": json.dumps(document.preprocessing.to_json()),
        "metrics": json.dumps([measure.to_json() for measure in document.metrics]),
        "autocnn": document.autocnn,
        "torch": torch.__version__,
        "bundle_sha256": sha256_of(predictor.folder / MANIFEST),
    }
