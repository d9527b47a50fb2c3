"""A user's own layer is a layer like any other, and is imported only where that is allowed."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import nn

import autocnn
from autocnn.cli import main
from autocnn.errors import SpaceError
from autocnn.network import ACTIVATIONS, LAYERS, cost, table
from autocnn.network.activations import ReLU
from autocnn.network.own_layer import layer
from autocnn.registry import Registry
from autocnn.search.constraints import Constraints
from autocnn.search.costs import Costs
from autocnn.space import Architecture, Candidate, elaborate, json_schema, sample
from autocnn.space.layer import ShapeError
from autocnn.training import OPTIMIZERS, Recipe, read_candidate_json
from autocnn.training.optimizers import Adam


@pytest.fixture
def space(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return autocnn.load_space(tmp_path / "own.yaml", allow_imports=True)


def test_whole_way(package: str, tmp_path: Path, monkeypatch, capsys) -> None:
    """Checked, described, searched in a worker process, exported; never imported unasked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    assert main(["check", "own.yaml"]) == 2
    said = capsys.readouterr().err
    assert "own.yaml:2:11 imports.0" in said
    assert "--allow-imports" in said
    assert package not in sys.modules
    assert main(["check", "own.yaml", "--allow-imports"]) == 0
    assert main(["search", "own.yaml", "--allow-imports", "--quiet"]) == 0
    bundle = "studies/own/bundle"
    capsys.readouterr()
    assert main(["trials", "own", "--json"]) == 0
    assert 0 < json.loads(capsys.readouterr().out)[0]["value"] < 1
    assert main(["describe", bundle, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["candidate"]["imports"] == [package]
    assert main(["export", bundle, "-o", "net.py"]) == 0
    text = (tmp_path / "net.py").read_text()
    assert f"import {package}" in text
    assert f"It needs torch, safetensors, {package} and nothing else" in text
    assert "import autocnn" not in text
    x, module = torch.rand(3, 1, 8, 8), sys.modules[package]
    written = importlib.import_module("net").load()
    torch.testing.assert_close(written(x), autocnn.load_bundle(bundle).network(x))
    del sys.modules[package]
    assert main(["describe", bundle]) == 6
    assert "--allow-imports" in capsys.readouterr().err
    assert main(["export-optuna", "own", "sqlite:///optuna.db"]) == 2
    assert "--allow-imports" in capsys.readouterr().err
    sys.modules[package] = module
    assert main(["export-optuna", "own", "sqlite:///optuna.db", "--allow-imports"]) == 0


def test_counts_are_those_of_the_module(space) -> None:
    made = elaborate(sample(space, 0), (1, 8, 8), 10)
    assert isinstance(made, Candidate)
    network = autocnn.build(made.architecture)
    assert cost(made.architecture).params == sum(p.numel() for p in network.parameters())
    row = table(made.architecture)[1]
    assert row["out_shape"] == [row["options"]["channels"], 4, 4]
    assert row["macs"] == 2 * 8 * 9 * row["options"]["channels"] * 16
    assert network(torch.rand(2, 1, 8, 8)).shape == (2, 10)


def test_a_candidate_comes_back(space) -> None:
    made = elaborate(sample(space, 0), (1, 8, 8), 10)
    assert read_candidate_json(made.to_json()).digest == made.digest


@pytest.mark.parametrize(("registry", "parent"), [(OPTIMIZERS, Adam), (ACTIVATIONS, ReLU)])
def test_options_from_outside_name_their_module(
    registry: Registry, parent: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a worker, or who loads the bundle, knows where to find them."""
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    registry.register("own")(type("Own", (parent,), {"__module__": __name__}))
    of_layers = registry is ACTIVATIONS
    conv = {"conv": {"channels": 8, "activation": "own" if of_layers else "relu"}}
    candidate = read_candidate_json(
        {
            "data": {"shape": [1, 8, 8], "classes": 8},
            "architecture": [{"residual": {"body": [conv]}}, "global_pool"],
            "training": {"optimizer": "adam" if of_layers else "own"},
        }
    )
    assert candidate.to_json()["imports"] == [__name__]
    assert bool(candidate.architecture.imports) == of_layers


def test_the_schema_has_it(space, request: pytest.FixtureRequest) -> None:
    schema = json.dumps(json_schema(space.language))
    assert f'"{request.node.name}"' in schema
    assert f'"val_{request.node.name}"' in schema


def test_options_are_checked(space, tmp_path: Path) -> None:
    for option, said in (
        ("channels: 0", "1"), ("channels: 8, kind: relu", "sigmoid or tanh"),
        ("channels: 8, hidden: 3", "unknown key 'hidden'"), ("channels: 8.5", "whole"),
    ):  # fmt: skip
        text = (tmp_path / "own.yaml").read_text().replace("channels: {choice: [8, 12]}", option)
        with pytest.raises(SpaceError, match=said):
            autocnn.load_space(text)


@pytest.mark.parametrize("name", ["os; x", "a-b", "", "no.such.module.here", 3])
def test_bad_modules(name: object) -> None:
    with pytest.raises(SpaceError, match="imports"):
        autocnn.load_space({"imports": [name], "architecture": []}, allow_imports=True)


def test_a_shape_it_cannot_take_is_infeasible(space, request: pytest.FixtureRequest) -> None:
    made = LAYERS.parse({request.node.name: {"channels": 4}})
    with pytest.raises(ShapeError, match=r"cannot take \(5,\)"):
        made.out_shape((5,))


def test_lists_can_be_hashed() -> None:
    class Listing(nn.Module):
        def __init__(self, *, sizes: list[int] = [1, 2], pairs: Sequence[list[int]] | None = None):  # noqa: B006
            super().__init__()

        def forward(self, x):
            return x

    layer("listing")(Listing)
    made = LAYERS.parse({"listing": {"pairs": [[1, 2.0], []]}})
    assert (made.sizes, made.pairs) == ((1, 2), ((1, 2), ()))  # type: ignore[attr-defined]
    assert made.out_shape((1, 8, 8)) == (1, 8, 8)
    assert LAYERS.parse({"listing": made.to_json()}) == made


def test_an_option_of_any_kind_takes_what_can_be_hashed() -> None:
    class Loose(nn.Module):
        def __init__(self, *, sizes=(1,), thing: object = None):
            super().__init__()

        def forward(self, x):
            return x

    layer("loose")(Loose)
    made = LAYERS.parse({"loose": {"sizes": [1, [2.5, "a"]], "thing": [1, [2]]}})
    assert (made.sizes, made.thing) == ((1, (2.5, "a")), (1, (2,)))  # type: ignore[attr-defined]
    assert made.out_shape((1, 8, 8)) == (1, 8, 8)
    assert LAYERS.parse({"loose": made.to_json()}) == made
    with pytest.raises(ValidationError, match="a number, a word or a list of these"):
        LAYERS.parse({"loose": {"sizes": [{"a": 1}]}})


def test_names_and_parameters_are_checked() -> None:
    class Wrong(nn.Module):
        def __init__(self, width, *, kind=1):
            super().__init__()

    class Window(nn.Module):
        def __init__(self, *, window=1):
            super().__init__()

    class Named(nn.Module):
        def __init__(self, *, name="a"):
            super().__init__()

    class Table(nn.Module):
        def __init__(self, *, table: list[dict[str, int]] | None = None):
            super().__init__()

    for module, said in (
        (Wrong, "'width' must be keyword-only"),
        (Window, "'window' needs another name"),
        (Named, "'name' needs another name"),
        (Table, "'table' cannot be hashed"),
    ):
        with pytest.raises(TypeError, match=said):
            layer("wrong")(module)
    for word in ("conv", "mbconv", "No"):
        with pytest.raises(ValueError, match=word):
            layer(word)(type("Empty", (nn.Module,), {}))


def test_what_onnx_runtime_refuses_breaks_the_limit_and_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

    class Exact(nn.Module):
        def __init__(self, in_channels):
            super().__init__()
            self.conv = nn.Conv2d(in_channels, 2, 3, dtype=torch.float64)

        def forward(self, x):
            return self.conv(x.double()).float()

    layer("exact")(Exact)
    candidate = Candidate(Architecture((1, 8, 8), (LAYERS.parse("exact"),)), 2, Recipe())
    costs = Costs(Constraints(latency_ms={"max": 9, "runtime": "onnx"}), (), {})  # type: ignore[arg-type]
    found, broken = costs.of(candidate)
    assert set(found) == {"params", "macs"}
    assert broken.startswith("latency_ms: the network has no ONNX form: [ONNXRuntimeError]")
    monkeypatch.setattr("autocnn.training.latency.latency", None)
    assert costs.of(candidate) == (found, broken)
