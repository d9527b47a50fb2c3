"""A trained network to go on from: where it comes from and what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.preprocessing import Preprocessing
from autocnn.data.tasks import Scale, Task
from autocnn.errors import BundleError, Problem, SpaceError
from autocnn.network import build
from autocnn.reuse.bundle import WEIGHTS, load_bundle
from autocnn.reuse.folder import sha256_of
from autocnn.reuse.layer_map import LayerMap
from autocnn.reuse.weights import check_finite, check_weights, read_tensors
from autocnn.space.candidate import Candidate

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Start:
    """A candidate with its weights, and what is known of the images they were trained on.

    `file` has the weights, `sha256` is its own. `classes` are None where only their number is
    known; `mean` and `std` are per channel, in units of [0, 1], None where nobody says them.
    `task` has its options and `scale` is that of values, None without a bundle, whose `provenance`
    says how it was made.
    """

    file: Path
    sha256: str
    candidate: Candidate
    weights: Mapping[str, Tensor]
    classes: tuple[str, ...] | None = None
    preprocessing: Preprocessing | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    task: Task | None = None
    scale: Scale | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


def start_of_bundle(folder: Path, *, allow_imports: bool = False) -> Start:
    """Start from a bundle; raises BundleError as `load_bundle` does."""
    bundle = load_bundle(folder, allow_imports=allow_imports)
    document = bundle.document
    return Start(
        file=folder / WEIGHTS,
        sha256=sha256_of(folder / WEIGHTS),
        candidate=bundle.candidate,
        weights=bundle.network.state_dict(),
        classes=document.classes,
        preprocessing=document.preprocessing,
        mean=document.mean,
        std=document.std,
        task=document.task,
        scale=bundle.scale,
        provenance=document.provenance,
    )


def start_of_weights(candidate: Candidate, file: Path, names: LayerMap | None = None) -> Start:
    """Start from a safetensors file with all weights of a candidate, under the names of a map.

    What counts batches may be missing. Raises BundleError if it is no such file, lacks a weight,
    has one too many or of another shape, and SpaceError if the map does not serve.
    """
    import torch

    names = names or LayerMap()
    channels = candidate.architecture.shape[0]
    if names.mean is not None and len(names.mean) != channels:
        text = f"has {len(names.mean)} values, the network takes {channels} channels"
        raise SpaceError(Problem("A09", text, "mean"))
    if not file.is_file():
        raise BundleError(Problem("A01", "is missing", str(file)))
    found = read_tensors(file)
    tensors = {new: found[old] for new, old in names.names(found).items()}
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    with torch.device("meta"):
        expected = build(candidate.architecture).state_dict()
    counters = {name for name in expected if name.endswith("num_batches_tracked")}
    needed = {name: e for name, e in expected.items() if name not in counters - set(tensors)}
    check_weights(needed, tensors, file)
    check_finite(tensors, file)
    return Start(file, sha256_of(file), candidate, tensors, mean=names.mean, std=names.std)
