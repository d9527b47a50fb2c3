"""Write and read the file that a training goes on from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

FORMAT = 2

FOLDS = "folds"
"""Where the checkpoint of a cross-validation has those of its networks."""


class _Hashed:
    """A binary file that hashes what is written to it."""

    def __init__(self, file: Any):
        self._file, self.hash = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return int(self._file.write(data))

    def flush(self) -> None:
        self._file.flush()


def write_checkpoint(path: Path, document: Mapping[str, Any]) -> str:
    """Write a document of tensors and plain values atomically; returns the file's sha256.

    After a crash at any moment the path holds the old file, the new one, or nothing, and at most
    a `.tmp` file lies beside it. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            hashed = _Hashed(file)
            torch.save({"format": FORMAT, **document}, hashed)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, RuntimeError) and isinstance(error.__context__, OSError):
            raise error.__context__ from None  # torch hides why it could not write
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return hashed.hash.hexdigest()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `write_checkpoint` wrote, without running code from the file.

    Raises OSError, pickle.UnpicklingError or RuntimeError where the file is missing or damaged,
    and ValueError where another version wrote it.
    """
    document: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if document.get("format") != FORMAT:
        raise ValueError(f"{path}: checkpoint format {document.get('format')}, expected {FORMAT}")
    return document


def read_weights(path: Path) -> dict[str, Tensor]:
    """The best weights of a checkpoint, or its last ones if nothing was evaluated.

    Of a cross-validation those of the first fold.
    """
    return read_fold_weights(path)[0]


def read_fold_weights(path: Path) -> list[dict[str, Tensor]]:
    """The weights of the network of each fold; of one network where there are no folds."""
    document = read_checkpoint(path)
    return [_weights(one) for one in document.get(FOLDS, [document])]


def _weights(document: Mapping[str, Any]) -> dict[str, Tensor]:
    best = document["best"]
    weights: dict[str, Tensor] = best["weights"] if best else document["model"]
    return document["average"] if document["averaged"] and not best else weights
