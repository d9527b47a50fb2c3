"""Networks as ONNX put out what they do in torch: layers, norms, activations, classics."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from test_network_modules import EXAMPLES
from torch import Tensor, nn
from written_source import move_statistics

from autocnn.api import load_space
from autocnn.errors import SpaceError
from autocnn.network import ACTIVATIONS, LAYERS, NORMS, build
from autocnn.network.onnx_model import lack, onnx_call, run_onnx, to_onnx
from autocnn.space import Architecture, Infeasible, elaborate, sample

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
SPACES = Path(__file__).parents[2] / "search_spaces"
SMALL = ("lenet5", "resnet56_cifar")
MORE = ("efficientnet_lite0", "mobilenet_v3_large", "shufflenet_v2", "squeezenet1_0")
ORDERS = ("conv-norm-act", "norm-act-conv", "conv-act-norm")
LISTS = {
    "layers": {
        word: ["global_pool", EXAMPLES[word]] if word == "linear" else [EXAMPLES[word]]
        for word in EXAMPLES
    },
    "options": {
        **{kind: [{"pool": {"kind": kind, "kernel": 3, "stride": 2, "padding": 1}}] for kind in (
            "max", "avg", "lp", "blur"
        )},
        **{f"global {kind}": [{"global_pool": {"kind": kind}}] for kind in ("avg", "max")},
        **{f"to {size} {kind}": [{"adaptive_pool": {"size": size, "kind": kind}}]
           for size in (3, 4) for kind in ("avg", "max")},
        **{mode: [{"resize": {"size": 9, "mode": mode}}] for mode in (
            "nearest", "bilinear", "bicubic", "area"
        )},
        "lp ceil": [{"pool": {"kind": "lp", "stride": 3, "padding": 1, "ceil": True}}],
        "ceil": [{"pool": {"kind": "avg", "kernel": 4, "stride": 3, "ceil": True}}],
        "uncounted": [{"pool": {"kind": "avg", "kernel": 3, "padding": 1,
                                "count_padding": False}}],
        "depthwise": [{"conv": {"groups": "depthwise", "dilation": 2, "stride": 2}}],
        "cropped": [{"conv": {"channels": 3, "padding": [-1, 2, 0, 1]}}],
        "as TensorFlow": [{"conv": {"channels": 3, "kernel": 4, "stride": 2,
                                    "padding": "same_tf"}}],
    },
    "norms": {
        kind: [{"conv": {"channels": 8, "norm": kind, "order": order}} for order in ORDERS]
        for kind in NORMS
    },
    "activations": {
        kind: [{"conv": {"channels": 4, "activation": kind}}, {"activation": {"kind": kind}}]
        for kind in ACTIVATIONS
    },
}  # fmt: skip


class Side(nn.Module):
    """Networks for the same images beside one another, since making one ONNX model takes long."""

    def __init__(self, networks: list[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([network(images).flatten(1) for network in self.networks], 1)


def evaluated(architecture: Architecture) -> nn.Module:
    torch.manual_seed(0)
    network = build(architecture).eval()
    move_statistics(network)
    return network


def same_outputs(networks: dict[str, nn.Module], shape: tuple[int, ...]) -> None:
    """Assert that ONNX Runtime puts out what torch does, for one image and for three."""
    side = Side(list(networks.values())).eval()
    model = to_onnx(side, torch.zeros(2, *shape), ("images", "outputs"), {}, "Networks.")
    for count in (1, 3):
        images = torch.randn(count, *shape)
        with torch.no_grad():
            expected = {word: made(images).flatten(1) for word, made in networks.items()}
        ends = [each.shape[1] for each in expected.values()]
        traced = onnx_call(side, images)()[0]  # type: ignore[index]
        for outputs in (run_onnx(model, images.numpy()), traced):
            parts = torch.from_numpy(outputs).split(ends, 1)
            differences = {
                word: float(((part - right).abs() / right.abs().clamp_min(1)).max())
                for part, (word, right) in zip(parts, expected.items(), strict=True)
            }
            assert not {word: far for word, far in differences.items() if not far <= 1e-4}


@pytest.mark.parametrize("kind", LISTS)
def test_all_put_out_the_same(kind: str) -> None:
    shape = (8, 6, 6)
    parsed = {word: tuple(map(LAYERS.parse, layers)) for word, layers in LISTS[kind].items()}
    same_outputs(
        {word: evaluated(Architecture(shape, made)) for word, made in parsed.items()}, shape
    )


def published(path: Path) -> Architecture:
    space = load_space(path)
    data = space.sections["data"]
    made = elaborate(sample(space, 0), data.shape or (3, 32, 32), data.classes or 10)  # type: ignore[attr-defined]
    assert not isinstance(made, Infeasible)
    return made.architecture


@pytest.mark.parametrize(
    "name", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in MORE)]
)
def test_classics_put_out_the_same(name: str) -> None:
    architecture = published(SPACES / "classics" / f"{name}.yaml")
    same_outputs({name: evaluated(architecture)}, architecture.shape)


def test_a_model_says_nothing_of_the_machine_that_made_it() -> None:
    model = to_onnx(nn.Conv2d(1, 2, 3), torch.zeros(2, 1, 4, 4), ("a", "b"), {"k": "v"}, "About.")
    assert b"About." in model
    assert b".py" not in model


def test_what_is_not_traced_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    layer = LAYERS.parse({"conv": {"channels": 2, "norm": "rms"}})
    onnx_call(evaluated(Architecture((1, 4, 4), (layer,))), torch.zeros(1, 1, 4, 4))
    assert capfd.readouterr() == ("", "")


class Deciding(nn.Module):
    """What it computes depends on what the images show."""

    def forward(self, images: Tensor) -> Tensor:
        return images if images.sum() > 0 else -images


def test_a10_what_has_no_onnx_form_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"has no ONNX form: .*\[A10\]"):
        to_onnx(Deciding(), torch.zeros(2, 1, 4, 4), ("a", "b"), {}, "")


def test_a10_what_onnx_runtime_does_not_run_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    exact, images = nn.Conv2d(1, 2, 3).double(), torch.zeros(2, 1, 4, 4, dtype=torch.float64)
    model = to_onnx(exact, images, ("images", "outputs"), {}, "")
    with pytest.raises(SpaceError, match=r"has no ONNX form: .*NOT_IMPLEMENTED.*\[A10\]"):
        run_onnx(model, images.numpy())
    with pytest.raises(SpaceError, match="INVALID_ARGUMENT"):  # at its first run
        run_onnx(to_onnx(nn.ReLU(), images, ("a", "b"), {}, ""), images.numpy()[0])
    assert capfd.readouterr() == ("", "")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lack("this")
    monkeypatch.setattr(
        "autocnn.network.onnx_model.find_spec", lambda name: name == "onnx" or None
    )
    assert lack("this") == ("this needs onnxruntime and onnxscript: pip install 'autocnn[onnx]'")
