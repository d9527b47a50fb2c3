"""A network written as source is the same network: every layer, the classics, random ones."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from layer_strategies import layers, shapes
from test_network_modules import EXAMPLES
from written_source import same_outputs

from autocnn.api import load_space
from autocnn.network import ACTIVATIONS, LAYERS, NORMS
from autocnn.network.source import module_text
from autocnn.space import Architecture, Infeasible, ShapeError, elaborate, sample

SPACES = Path(__file__).parents[2] / "search_spaces"
CLASSICS = sorted((SPACES / "classics").glob("*.yaml"))
FAMILIES = sorted(SPACES.glob("*.yaml"))
CANDIDATES = 200


@pytest.mark.parametrize("word", sorted(LAYERS))
def test_every_layer_states_its_source(word, tmp_path):
    shape = (8,) if word == "linear" else (8, 6, 6)
    layer = LAYERS.parse(EXAMPLES[word])
    twice = (layer, layer) if layer.out_shape(shape) == shape else (layer,)
    same_outputs(Architecture(shape, twice), tmp_path)


@pytest.mark.parametrize("kind", sorted(NORMS))
def test_every_norm_states_its_source(kind, tmp_path):
    convs = [LAYERS.parse({"conv": {"channels": n, "norm": kind, "order": o}}) for n, o in (
        (8, "conv-norm-act"), (16, "norm-act-conv"), (8, "conv-act-norm"), (8, "conv-norm-act")
    )]  # fmt: skip
    same_outputs(Architecture((8, 6, 6), tuple(convs)), tmp_path)


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_every_activation_states_its_source(kind, tmp_path):
    named = [{"conv": {"channels": n, "activation": kind}} for n in (8, 8, 4)]
    same_outputs(Architecture((8, 6, 6), tuple(map(LAYERS.parse, named))), tmp_path)


@settings(max_examples=60, deadline=None)
@given(layers, layers, shapes)
def test_random_layers_state_their_source(tmp_path_factory, first, second, shape):
    try:
        second.out_shape(first.out_shape(shape))
    except ShapeError:
        return
    same_outputs(Architecture(shape, (first, second)), tmp_path_factory.mktemp("random"))


@cache
def _space(path):
    return load_space(path)


def _candidate(path, seed=0):
    """A candidate of a space, or None where the filling is no network."""
    space = _space(path)
    data = space.sections["data"]
    made = elaborate(sample(space, seed), data.shape or (3, 16, 16), data.classes or 10)
    return None if isinstance(made, Infeasible) else made


@pytest.mark.parametrize("path", CLASSICS, ids=lambda path: path.stem)
def test_every_classic_is_the_same_as_source(path, tmp_path):
    same_outputs(_candidate(path).architecture, tmp_path, images=1)


def test_random_candidates_are_the_same_as_source(tmp_path):
    seed, done = 0, 0
    while done < CANDIDATES:
        made = _candidate(FAMILIES[seed % len(FAMILIES)], seed)
        seed += 1
        if made is not None:
            same_outputs(made.architecture, tmp_path, images=1)
            done += 1


def test_blocks_may_have_the_name_of_a_keyword(tmp_path):
    words = ("none", "class")
    body = {"layers": [{"residual": {"body": [{"conv": {"channels": 4}}] * 2}}]}
    end = ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}]
    document = {"blocks": dict.fromkeys(words, body), "architecture": [*words * 2, *end]}
    made = elaborate(sample(load_space(document), 0), (4, 6, 6), 10)
    assert not isinstance(made, Infeasible)
    same_outputs(made.architecture, tmp_path)


RESNET = SPACES / "classics" / "resnet50.yaml"


def test_repeated_blocks_become_one_class_with_parameters():
    text = module_text(_candidate(RESNET).architecture, "A network.")
    classes = re.findall(r"^class (\w+)\(", text, re.MULTILINE)
    copied = ["ResidualConnection", "GlobalPooling"]
    assert [name for name in classes if name not in copied] == [
        "ConvBatchNormReLU", "ConvBatchNorm", "Bottleneck", "BottleneckWithIdentity", "Stage",
        "StageOf4", "StageOf6", "Network",
    ]  # fmt: skip
    assert "def __init__(self, in_channels: int, out_channels: int, width: int, stride" in text
    assert len(text.splitlines()) < 250
    assert all(len(line) < 100 for line in text.splitlines())
