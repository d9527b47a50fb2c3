"""Options: what is refused, what is resolved, what is the same."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from autocnn.network import ACTIVATIONS, BLOCKS, LAYERS, NORMS
from autocnn.registry import UnknownWord
from autocnn.space.candidate import Architecture

SHAPE = (8, 6, 6)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"conv": {"channels": 8, "kernel": 0}},
         "expected a whole number from 1 to 1024 or [height, width]"),
        ({"conv": {"channels": 8, "kernel": "three"}}, "from 1 to 1024 or [height, width]"),
        ({"conv": {"channels": 8, "kernel": True}}, "from 1 to 1024 or [height, width]"),
        ({"conv": {"channels": 8, "kernel": [3, 3, 3]}}, "a whole number from 1 to 1024 or"),
        ({"conv": {"channels": 8, "stride": -1}}, "from 1 to 1024 or [height, width]"),
        ({"conv": {"channels": 8, "padding": "some"}},
         "a whole number from 0 to 1024, [height, width], [top, bottom, left, right] (below 0 it "
         "crops), 'same', 'same_tf' or 'valid'"),
        ({"conv": {"channels": 8, "groups": "all"}}, "from 1 to 1000000 or 'depthwise'"),
        ({"conv": {"channels": 8, "bias": 1}}, "expected true, false or 'auto'"),
        ({"conv": {"channels": 0}}, "expected a whole number from 1 to 1000000"),
        ({"conv": {"kernel": 3}}, "channels is required unless groups is depthwise"),
        ({"conv": {"channels": 8, "norm": "bacth"}},
         "unknown norm 'bacth' (did you mean 'batch'?)"),
        ({"conv": {"channels": 8, "kernal": 3}}, "Extra inputs are not permitted"),
        ({"linear": {}}, "Field required"),
        ({"dropout": {"rate": 1.0}}, "less than 1"),
        ({"residual": {"body": [], "drop_path": 1.0}}, "less than 1"),
        ({"branches": {"paths": []}}, "at least 1 item"),
        ({"se": {"reduction": 4, "channels": 2}}, "give either reduction or channels, not both"),
        ({"se": {"reduction": None}}, "give either reduction or channels"),
        ({"cbam": {"reduction": 4, "channels": 2}}, "give either reduction or channels, not both"),
        ({"cbam": {"kernel": 4}}, "the kernel must be odd, got 4"),
        ({"eca": {"kernel": 2}}, "the kernel must be odd, got 2"),
        ({"eca": {"kernel": "big"}}, "a whole number from 1 to 1024 or 'auto'"),
        ({"spatial_attention": {"kernel": [3, 3]}}, "expected a whole number from 1 to 1024"),
        ({"resize": {}}, "give either size or scale"),
        ({"resize": {"size": 3, "scale": 2}}, "give either size or scale"),
        ({"resize": {"scale": 0}}, "greater than 0"),
        ({"adaptive_pool": {}}, "Field required"),
        ({"dropout": {"rate": 0.1, "size": 0}}, "from 1 to 1024"),
        ({"graph": {"nodes": {}}}, "Field required"),
        ({"graph": {"nodes": {"a": {}}, "output": "a"}}, "Field required"),
        ({"graph": {"nodes": {"a": {"from": []}}, "output": "a"}}, "at least 1 item"),
        ({"graph": {"nodes": {"input": {"from": "input"}}, "output": "input"}},
         "expected a node of small letters, digits and _, not input or output, got 'input'"),
        ({"graph": {"nodes": {"a": {"from": "inptu"}}, "output": "a"}},
         "unknown node 'inptu' (did you mean 'input'?); known: input, a"),
        ({"graph": {"nodes": {}, "output": "a"}}, "unknown node 'a'; known: input"),
        ({"graph": {"nodes": {"a": {"from": "b"}, "b": {"from": "a"}}, "output": "a"}},
         "nodes cannot wait for each other: a -> b -> a"),
        ({"graph": {"nodes": {"a": {"from": "input"}}, "output": "input"}},
         "the node 'a' leads nowhere: no way goes on to the output"),
        ({"graph": {"inputs": ["a", "a"], "nodes": {}, "output": "a"}},
         "'a' is the name of another input or node"),
        ({"graph": {"inputs": ["a", "output"], "nodes": {}, "output": "a"}},
         "expected an input of small letters, digits and _, not output, got 'output'"),
        ({"graph": {"inputs": ["a", "b"], "nodes": {"c": {"from": "input"}}, "output": "c"}},
         "unknown node 'input'; known: a, b, c"),
        ({"group": {"name": "a.b", "layers": []}}, "String should match pattern"),
        ({"activation": {"kind": {"elu": {"alpha": 0}}}}, "greater than 0"),
    ],
)  # fmt: skip
def test_bad_options_are_refused(written, text):
    with pytest.raises(ValidationError) as caught:
        LAYERS.parse(written)
    assert text in str(caught.value)


def test_an_unknown_layer_names_the_nearest():
    with pytest.raises(UnknownWord, match=r"unknown layer 'con' \(did you mean 'conv'\?\)"):
        LAYERS.parse("con")


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ({"conv": {"groups": "depthwise"}}, {"channels": 8, "bias": True}),
        ({"conv": {"channels": 4, "norm": "batch"}}, {"bias": False}),
        ({"conv": {"channels": 4, "kernel": [3, 3], "padding": [1, 1]}},
         {"kernel": 3, "padding": 1}),
        ({"conv": {"channels": 4, "kernel": 3.0}}, {"kernel": 3}),
        ({"pool": {"kernel": [2, 3]}}, {"stride": (2, 3)}),
        ({"pool": {"kernel": 3, "stride": 2}}, {"stride": 2}),
        ("eca", {"kernel": 3}),
        ({"residual": {"body": ["identity"]}}, {"shortcut": "identity"}),
        ({"residual": {"body": [], "shortcut": "none"}}, {"shortcut": "none"}),
    ],
)  # fmt: skip
def test_what_a_layer_stands_for_is_spelled_out(written, resolved):
    layer = LAYERS.parse(written).resolve(SHAPE, {})
    assert {name: getattr(layer, name) for name in resolved} == resolved


def _shortcut(defaults, body, shape=SHAPE, **options):
    layer = LAYERS.parse({"residual": {"body": body, **options}}).resolve(shape, defaults)
    return layer.shortcut


def test_a_shortcut_convolution_takes_the_default_norm_and_no_activation():
    body = [{"conv": {"channels": 16, "stride": [2, 3]}}]
    (conv,) = _shortcut({"norm": "batch", "activation": "silu"}, body)
    assert (conv.channels, conv.kernel, conv.stride, conv.bias) == (16, 1, (2, 3), False)
    assert (conv.norm, conv.activation) == (NORMS.parse("batch"), ACTIVATIONS.parse("none"))
    (conv,) = _shortcut({"norm": "batch", "conv": {"norm": "none", "kernel": 5}}, body)
    assert (conv.norm.absent, conv.bias, conv.kernel) == (True, True, 1)
    (conv,) = _shortcut({}, [], shortcut="conv")
    assert (conv.channels, conv.stride) == (8, 1)


def test_flat_features_take_a_linear_shortcut():
    (linear,) = _shortcut({"norm": "batch"}, [{"linear": {"units": 3}}], (8,))
    assert (linear.word, linear.units, linear.norm.absent) == ("linear", 3, True)


def test_a_bare_activation_is_the_default_one():
    silu = {"activation": "silu"}
    assert LAYERS.parse("activation").resolve(SHAPE, silu).kind.word == "silu"
    assert LAYERS.parse("activation").resolve(SHAPE, {}).kind.word == "relu"
    given = LAYERS.parse({"activation": {"kind": "tanh"}})
    assert given.resolve(SHAPE, silu).kind.word == "tanh"


@pytest.mark.parametrize(
    "nothing",
    ["identity", {"dropout": {"rate": 0}}, {"norm": {"kind": "none"}},
     {"activation": {"kind": "none"}}, {"group": {"name": "empty", "layers": []}}],
)  # fmt: skip
def test_what_does_nothing_does_not_change_the_digest(nothing):
    conv = LAYERS.parse({"conv": {"channels": 4}})
    assert (
        Architecture(SHAPE, (conv,)).digest
        == Architecture(SHAPE, (LAYERS.parse(nothing), conv)).digest
    )


def test_the_order_of_nodes_and_words_for_the_same_graph_make_no_difference():
    def made(nodes, output):
        return LAYERS.parse({"graph": {"nodes": nodes, "output": output}})

    first, conv = {"from": ["input"]}, {"conv": {"channels": 8}}
    one = made({"a": first, "b": {"from": ["a", "input"], "layers": [conv]}}, ["b"])
    other = made(
        {
            "b": {"from": [{"a": []}, "input"], "merge": "add", "layers": [conv]},
            "a": {"from": "input", "layers": []},
        },
        "b",
    )
    assert one == other
    assert hash(one) == hash(other)
    pair = {"group": {"name": "pair", "layers": [conv, {"dropout": {"rate": 0}}]}}
    third = made(
        {"a": first, "b": {"from": [{"a": ["identity"]}, "input"], "layers": [pair]}}, "b"
    )
    assert Architecture(SHAPE, (third,)).digest == Architecture(SHAPE, (one,)).digest
    swapped = made({"a": first, "b": {"from": ["input", "a"], "layers": [conv]}}, "b")
    assert Architecture(SHAPE, (swapped,)).digest != Architecture(SHAPE, (one,)).digest


@pytest.mark.parametrize("registry", [LAYERS, NORMS, ACTIVATIONS], ids=lambda r: r.thing)
def test_everything_registered_says_what_it_is(registry):
    for word, options in registry.items():
        assert options.word == word
        assert options.__doc__.split("\n")[0].rstrip().endswith((".", ":", ",")), word
        options.model_json_schema()


def test_blocks_are_read_by_name():
    assert list(BLOCKS) == sorted(BLOCKS)
    assert len(BLOCKS) > 10
    assert "parameters:" in BLOCKS["basic"]
    with pytest.raises(KeyError):
        BLOCKS["../layers/conv"]
