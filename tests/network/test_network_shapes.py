"""The shape rules against torch itself, in both directions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_strategies import PRIMITIVES, layers, maps, primitives, shapes
from torch import nn

from autocnn.network import LAYERS, build, out_shape
from autocnn.network.modules.merging import merged
from autocnn.network.other_size import fault_at
from autocnn.registry import Registry
from autocnn.space import Architecture
from autocnn.space.layer import ShapeError

REFUSALS = (RuntimeError, ValueError, IndexError)
# The only refusal of ours that torch does not share.
STRICTER = ("needs flat features",)  # torch would apply a linear layer to the last axis of a map
thorough = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


PAIR = {"graph": {"nodes": {}, "output": ["input", "input"], "merge": "none"}}


def predicted(layer, shape):
    try:
        return layer.out_shape(shape)
    except ShapeError as error:
        return error


def torch_shape(layer, shape, device):
    """The shape after training on two images and evaluating one, or torch's refusal."""
    try:
        with torch.device(device):
            module = layer.build(shape)
            assert isinstance(module, nn.Module)
            trained = tuple(module(torch.zeros(2, *shape)).shape[1:])
            assert tuple(module.eval()(torch.zeros(1, *shape)).shape[1:]) == trained
            return trained
    except REFUSALS as error:
        return error


def refused(layer, shape, device):
    """Whether torch refuses, or a merge would have to broadcast."""
    try:
        if layer.word == "graph":
            graph_in_torch(layer, shape, device)
            return False
        parts = layer.parts(shape)
    except ShapeError:
        return True  # an uneven split or a shortcut that no stride leads through; tested below
    except Refused as verdict:
        return verdict.args[0]
    if not parts:
        return isinstance(torch_shape(layer, shape, device), Exception)
    try:
        ends = [ran(part.layers, part.shape, device) for part in parts]
        if getattr(layer, "shortcut", "") == "identity":
            ends.append(shape)
        if len(ends) > 1:
            merge_in_torch(layer.merge, ends, device)
    except Refused as verdict:
        return verdict.args[0]
    return False


class Refused(Exception):
    """A layer inside or a merge failed; says whether torch thinks so, too."""


def ran(chain, shape, device):
    """The shape after layers that torch ran, or Refused."""
    for layer in chain:
        out = predicted(layer, shape)
        if isinstance(out, ShapeError):
            raise Refused(stricter(out) or refused(layer, shape, device))
        shape = torch_shape(layer, shape, device)
    return shape


def merge_in_torch(merge, shapes, device):
    """The shape after merging, or Refused."""
    if merge != "concat" and len(set(shapes)) > 1:
        raise Refused(True)
    try:
        return tuple(merged(merge, [torch.zeros(2, *s, device=device) for s in shapes]).shape[1:])
    except REFUSALS as error:
        raise Refused(True) from error


def graph_in_torch(graph, shape, device):
    """Every node of a graph run for itself, or Refused."""
    ends = {"input": shape}
    for name, node in graph.nodes:
        given = [ran(inner, ends[source], device) for source, inner in node.inputs]
        ends[name] = ran(node.layers, merge_in_torch(node.merge, given, device), device)
    given = [ran(inner, ends[source], device) for source, inner in graph.output]
    return merge_in_torch(graph.merge, given, device)


def refused_or_stricter(layer, shape, device):
    return stricter(predicted(layer, shape)) or refused(layer, shape, device)


def stricter(out):
    return any(text in str(out) for text in STRICTER)


def agrees_with_torch(shape, chain, device):
    """Layer by layer both accept with the same shape or both refuse; a refused one is left out."""
    for layer in chain:
        out = predicted(layer, shape)
        if isinstance(out, ShapeError):
            assert out.rule == "Y25"
            assert refused_or_stricter(layer, shape, device), f"{layer!r} on {shape}: {out}"
        else:
            assert torch_shape(layer, shape, device) == out, f"{layer!r} on {shape}"
            shape = out


chains = given(shapes, st.lists(layers, min_size=1, max_size=6), st.sampled_from(["meta", "cpu"]))


@settings(thorough, max_examples=200)
@chains
def test_a_chain_is_accepted_exactly_where_torch_accepts_it(shape, chain, device):
    agrees_with_torch(shape, chain, device)


@pytest.mark.slow
@settings(thorough, max_examples=2000)
@chains
def test_thousands_of_chains_are_accepted_exactly_where_torch_accepts_them(shape, chain, device):
    agrees_with_torch(shape, chain, device)


@thorough
@pytest.mark.parametrize("word", ["conv", "pool", "adaptive_pool"])
@given(shape=maps, data=st.data())
def test_windows_are_accepted_exactly_where_torch_accepts_them(word, shape, data):
    layer = LAYERS.parse({word: data.draw(PRIMITIVES[word])})
    out, real = predicted(layer, shape), torch_shape(layer, shape, "meta")
    if not stricter(out):
        assert isinstance(real, REFUSALS) if isinstance(out, ShapeError) else real == out


@thorough
@given(layers, maps)
def test_options_survive_json_and_resolving(layer, shape):
    assert LAYERS.parse(Registry.write(layer)) == layer
    out = predicted(layer, shape)
    if not isinstance(out, ShapeError):
        resolved = layer.resolve(shape, {})
        assert resolved.out_shape(shape) == out
        assert resolved.counts(shape) == layer.counts(shape)
        assert LAYERS.parse(Registry.write(resolved)) == resolved


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_same_padding_gives_size_over_stride_rounded_up(size, stride, kernel):
    for padding in ("same", "same_tf"):
        options = {"channels": 1, "kernel": kernel, "stride": stride, "padding": padding}
        out = LAYERS.parse({"conv": options}).out_shape((1, size, size))
        assert out == (1, -(-size // stride), -(-size // stride))


def test_padding_falls_where_it_is_promised():
    ones = torch.ones(1, 1, 4, 4)

    def first_row(padding, kernel, stride):
        options = {
            "channels": 1, "kernel": kernel, "stride": stride, "padding": padding,
            "activation": "none", "bias": False,
        }  # fmt: skip
        module = LAYERS.parse({"conv": options}).build((1, 4, 4))
        nn.init.ones_(module.conv.weight)
        return module(ones)[0, 0, 0].tolist()

    # An even kernel takes its extra zero at the bottom and right.
    assert first_row("same", 2, 1) == [4, 4, 4, 2]
    # TensorFlow's stride 2 pads at the right only, the symmetric rule at the left.
    assert first_row("same_tf", 3, 2) == [9, 6]
    assert first_row("same", 3, 2) == [4, 6]
    assert first_row([0, 0, 1, 2], [1, 3], 1) == [2, 3, 3, 2, 1]


@thorough
@given(maps, primitives.map(LAYERS.parse))
def test_a_shortcut_is_refused_only_if_no_stride_leads_there(shape, body):
    out = predicted(body, shape)
    if isinstance(out, ShapeError) or len(out) != 3:
        return
    residual = LAYERS.parse({"residual": {"body": [Registry.write(body)]}})
    reachable = out == shape or any(
        -(-shape[1] // down) == out[1] and -(-shape[2] // across) == out[2]
        for down in range(1, shape[1] + 1)
        for across in range(1, shape[2] + 1)
    )
    assert isinstance(predicted(residual, shape), ShapeError) != reachable


def test_resizing_ends_somewhere():
    with pytest.raises(ShapeError) as caught:
        LAYERS.parse({"resize": {"scale": 64}}).out_shape((1, 65, 3))
    assert caught.value.rule == "Y31"
    assert str(caught.value) == "resize makes a 4160x192 map; the largest side is 4096"


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        ({"conv": {"channels": 8, "kernel": 5, "padding": "valid"}}, (3, 4, 9),
         "a kernel covering 5x5 does not fit the 4x9 map (with padding 4x9)"),
        ({"conv": {"channels": 8, "groups": 2}}, (3, 4, 4),
         "input channels must be divisible by groups: 3 % 2"),
        ({"conv": {"channels": 8, "groups": 3}}, (3, 4, 4),
         "channels must be divisible by groups: 8 % 3"),
        ({"conv": {"channels": 12, "norm": "group"}}, (3, 4, 4),
         "group norm needs channels divisible by groups: 12 % 8"),
        ({"norm": {"kind": "group"}}, (8, 1, 1),
         "group norm needs two or more values per group: 8 of (8, 1, 1)"),
        ("global_pool", (10,),
         "global_pool needs a map (C, H, W), got 10 flat features: place it earlier"),
        ({"linear": {"units": 3}}, (3, 4, 4),
         "linear needs flat features, got a map (3, 4, 4): flatten or global_pool first"),
        ("pool", (3, 1, 8), "pooling 2x2 leaves nothing of the 1x8 map"),
        ({"pool": {"padding": 2}}, (3, 8, 8),
         "pool padding must be at most half the kernel: padding 2x2, kernel 2x2"),
        ({"norm": {"kind": "instance"}}, (3, 1, 1),
         "instance norm needs a map of two or more values, got (3, 1, 1)"),
        ({"norm": {"kind": "lrn"}}, (3,), "lrn needs a map (C, H, W), got (3,)"),
        ({"shuffle": {"groups": 2}}, (3, 4, 4),
         "shuffle needs channels divisible by groups: 3 % 2"),
        ({"resize": {"scale": 0.2}}, (3, 4, 9), "resize by 0.2 leaves nothing of the 4x9 map"),
        ({"dropout": {"rate": 0.5, "kind": "block"}}, (3,),
         "dropout of blocks needs a map (C, H, W), got 3 flat features: place it earlier"),
        ({"branches": {"paths": [[], []], "split": "even"}}, (3, 4, 4),
         "channels must split evenly over the paths: 3 % 2"),
        ({"branches": {"paths": [[], ["pool"]]}}, (3, 4, 4),
         "cannot concat paths of different shapes: (3, 4, 4), (3, 2, 2)"),
        ({"graph": {"nodes": {"a": {"from": ["input", {"input": ["pool"]}]}}, "output": "a"}},
         (3, 4, 4), "a: cannot add paths of different shapes: (3, 4, 4), (3, 2, 2)"),
        ({"graph": {"nodes": {}, "output": "input"}}, ((3, 4, 4), (3, 2, 2)),
         "graph takes one map, got 2; `inputs` names each of them"),
        ({"graph": {"inputs": ["a", "b"], "nodes": {}, "output": "b"}}, ((3, 4, 4),) * 3,
         "graph takes 2 maps (a, b), got 3; `inputs` names each of them"),
        ({"graph": {"inputs": ["a", "b"], "nodes": {}, "output": ["a", "b"]}},
         ((3, 4, 4), (3, 2, 2)),
         "output: cannot add paths of different shapes: (3, 4, 4), (3, 2, 2)"),
        ({"graph": {"nodes": {"two": {"from": ["input"] * 2, "merge": "none"}},
                    "output": "two"}}, (3, 4, 4),
         "output: cannot add several maps at once: a graph can take them apart"),
        ({"group": {"name": "a", "layers": ["pool"]}}, ((3, 4, 4), (3, 4, 4)),
         "pool takes one map, got 2: a graph before it may pick one, "
         "{graph: {inputs: [a, b], nodes: {}, output: b}}"),
        ({"residual": {"body": [PAIR], "shortcut": "none"}}, (3, 4, 4),
         "cannot add several maps at once: a graph can take them apart"),
        ({"conv": {"channels": 3, "padding": [-3, 4, 0, 0]}}, (3, 2, 5),
         "padding (-3, 4) crops more than the 2x5 map has"),
        ({"residual": {"body": ["pool"], "shortcut": "identity"}}, (3, 4, 4),
         "cannot add paths of different shapes: (3, 2, 2), (3, 4, 4)"),
        ({"residual": {"body": [{"conv": {"channels": 3, "padding": 0}}]}}, (3, 28, 28),
         "no stride of a 1x1 shortcut leads from (3, 28, 28) to the body's output (3, 26, 26)"),
        ({"residual": {"body": ["global_pool"]}}, (3, 4, 4),
         "no shortcut leads from (3, 4, 4) to the body's output (3,)"),
    ],
)  # fmt: skip
def test_a_refusal_says_rule_and_values(layer, shape, text):
    with pytest.raises(ShapeError) as caught:
        LAYERS.parse(layer).out_shape(shape)
    assert (caught.value.rule, str(caught.value)) == ("Y25", text)


@settings(thorough, max_examples=150)
@given(layer=layers, shape=maps, size=st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_a_network_takes_the_sizes_for_which_there_is_no_fault(layer, shape, size):
    out = predicted(layer, shape)
    if isinstance(out, ShapeError):
        return
    architecture = Architecture(shape, (layer, LAYERS.parse({"adaptive_pool": {"size": 1}})))
    if len(out) == 1:
        architecture = Architecture(shape, (layer,))
    if not fault_at(architecture, size):
        other = (shape[0], *size)
        with torch.device("meta"):
            module = build(architecture)
            assert tuple(module(torch.zeros(2, *other)).shape[1:]) == out_shape(architecture)
            inside = layer.build(shape)
            assert tuple(inside(torch.zeros(2, *other)).shape[1:]) == predicted(layer, other)
