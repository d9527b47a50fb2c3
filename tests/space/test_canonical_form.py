"""Spaces that differ in spelling only give candidates with the same digest; any other differ."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocnn.api import language
from autocnn.space import Infeasible, elaborate, fill, load_space

OWN = [
    {"conv": {"channels": "=size + 1", "kernel": 1}},
    {"residual": {"body": [{"conv": {"channels": "=in_channels"}}]}},
]
HEAD = ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}]
NOTHING = [
    "identity",
    {"dropout": {"rate": 0}},
    {"dropout": {"rate": 0.0, "kind": "path"}},
    {"activation": {"kind": "none"}},
    {"norm": {"kind": "none"}},
    {"group": {"name": "empty", "layers": []}},
    {"repeat": {"times": 0, "each": [{"conv": {"channels": 3}}]}},
    [],
]
SPELLED = {
    "kernel": [3, [3, 3]],
    "stride": [1, [1, 1], 1.0],
    "padding": ["same"],
    "dilation": [1],
    "groups": [1],
    "bias": ["auto"],
    "norm": ["none", {"none": {}}, "default"],
    "activation": ["silu", {"silu": {}}],
    "order": ["conv-norm-act"],
    "init": ["torch", "default"],
}

convs = st.fixed_dictionaries(
    {"channels": st.sampled_from([1, 3, "=width", "=in_channels", "=in_channels + 1"])},
    optional={
        "kernel": st.sampled_from([1, 3, 5, [1, 3]]),
        "norm": st.sampled_from(["batch", "layer"]),
        "activation": st.sampled_from(["relu", {"elu": {"alpha": 2}}]),
    },
).map(lambda options: {"conv": options})
leaves = st.one_of(
    convs,
    st.sampled_from(
        ["eca", {"se": {"channels": 2}}, {"own": {"size": 2}}, {"own": {"size": 5}}, "scale"]
    ),
)


def nested(layer):
    some = st.lists(layer, max_size=2)
    two = st.lists(some, min_size=2, max_size=2)
    return st.one_of(
        st.tuples(some, st.integers(1, 3)).map(
            lambda given: {"repeat": {"each": given[0], "times": given[1]}}
        ),
        some.map(lambda body: {"residual": {"body": body, "merge": "concat"}}),
        two.map(lambda paths: {"branches": {"paths": paths}}),
        two.map(
            lambda given: {
                "graph": {
                    "nodes": {
                        "b": {"from": ["input", {"a": given[0]}], "merge": "concat"},
                        "a": {"from": ["input"], "layers": given[1]},
                    },
                    "output": ["b"],
                }
            }
        ),
    )


documents = st.lists(st.recursive(leaves, nested, max_leaves=5), min_size=1, max_size=3).map(
    lambda layers: {
        "define": {"width": 4},
        "defaults": {"activation": "silu"},
        "blocks": {"own": {"parameters": {"size": "required"}, "layers": OWN}},
        "architecture": [*layers, *HEAD],
    }
)


def lists(document):
    """Every list of layers, at any depth."""
    waiting = [document["architecture"]]
    for found in waiting:
        yield found
        for layer in found:
            ((word, options),) = layer.items() if isinstance(layer, dict) else (("", {}),)
            if word == "graph":
                waiting += [
                    node["layers"] for node in options["nodes"].values() if "layers" in node
                ]
                waiting += [
                    edge["a"] for edge in options["nodes"]["b"]["from"] if isinstance(edge, dict)
                ]
            elif isinstance(options, dict):
                waiting += options.get("paths", [])
                waiting += [options[key] for key in ("body", "each", "layers") if key in options]


def places(document, word):
    """Every `(list, index, options)` of a layer of that name."""
    for found in lists(document):
        for index, layer in enumerate(found):
            if isinstance(layer, dict) and word in layer:
                yield found, index, layer[word]


def one_of(draw, found):
    found = list(found)
    return draw(st.sampled_from(range(len(found))).map(found.__getitem__)) if found else None


def insert_nothing(document, draw):
    found = one_of(draw, lists(document))
    end = len(found) - len(HEAD) if found is document["architecture"] else len(found)
    found.insert(draw(st.integers(0, max(end, 0))), copy.deepcopy(draw(st.sampled_from(NOTHING))))


def write_a_repeat_out(document, draw):
    place = one_of(draw, places(document, "repeat"))
    if place:
        found, index, options = place
        found[index : index + 1] = [
            copy.deepcopy(layer) for _ in range(options["times"]) for layer in options["each"]
        ]


def write_a_block_out(document, draw):
    place = one_of(draw, places(document, "own"))
    if place:
        found, index, options = place
        found[index : index + 1] = json.loads(
            json.dumps(OWN).replace("size", str(options["size"]))
        )


def spell_a_default_out(document, draw):
    place = one_of(draw, places(document, "conv"))
    if place:
        option = draw(st.sampled_from(sorted(set(SPELLED) - set(place[2])) or ["channels"]))
        if option != "channels":
            place[2][option] = draw(st.sampled_from(SPELLED[option]))


def spell_a_shortcut_out(document, draw):
    place = one_of(draw, places(document, "residual"))
    if place and "shortcut" not in place[2] and place[2].get("merge") == "concat":
        place[2]["shortcut"] = draw(st.sampled_from(["auto", "identity"]))


def name_some_layers(document, draw):
    found = one_of(draw, lists(document))
    end = draw(st.integers(0, len(found)))
    start = draw(st.integers(0, end))
    held = found[start:end]
    way = draw(st.sampled_from(["group", "list", "define", "repeat"]))
    if way == "group":
        found[start:end] = [{"group": {"name": "some", "layers": held}}]
    elif way == "list":
        found[start:end] = [held]
    elif way == "repeat":
        found[start:end] = [{"repeat": {"times": 1, "each": held}}]
    elif held:
        name = f"held_{len(document['define'])}"
        document["define"] = {name: held, **document["define"]}
        if "width" in json.dumps(held):
            document["define"] = {"width": document["define"].pop("width"), **document["define"]}
        found[start:end] = [f"={name}"]


def leave_a_hole_unused(document, draw):
    document["define"][f"spare_{len(document['define'])}"] = {"choice": [1, 2]}


def offer_another_choice(document, draw):
    place = one_of(draw, places(document, "conv"))
    if place:
        option = draw(st.sampled_from(sorted(place[2])))
        if not (isinstance(place[2][option], dict) and "choice" in place[2][option]):
            place[2][option] = {"choice": [place[2][option], other(option)]}


def offer_another_layer(document, draw):
    found = one_of(draw, lists(document))
    place = draw(st.integers(0, len(found)))
    found[place : place + 1] = [{"choice": [found[place : place + 1], ["zero"]]}]


def other(option):
    return {"order": "norm-act-conv", "norm": "rms", "activation": "tanh", "init": "dirac"}.get(
        option, False if option == "bias" else 2
    )


def turn_the_nodes(document, draw):
    place = one_of(draw, places(document, "graph"))
    if place:
        place[2]["nodes"] = dict(reversed(place[2]["nodes"].items()))
        place[2]["output"] = "b"
        place[2]["merge"] = "add"


REWRITES = [
    insert_nothing,
    write_a_repeat_out,
    write_a_block_out,
    spell_a_default_out,
    spell_a_shortcut_out,
    name_some_layers,
    leave_a_hole_unused,
    offer_another_choice,
    offer_another_layer,
    turn_the_nodes,
]


def digests(document):
    """Of candidate and architecture, with the first alternative of every hole."""
    space = load_space(copy.deepcopy(document), language())
    made = elaborate(fill(space, lambda hole: hole.choices[0]), (3, 6, 6), 10)
    assert not isinstance(made, Infeasible), made
    return made.digest, made.architecture.digest


@settings(max_examples=150, deadline=None)
@given(documents, st.data())
def test_spelling_does_not_change_the_digest(document, data):
    rewritten = copy.deepcopy(document)
    for rewrite in data.draw(st.lists(st.sampled_from(REWRITES), min_size=1, max_size=4)):
        rewrite(rewritten, data.draw)
    assert digests(rewritten) == digests(document), rewritten


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"conv": {"channels": 4}}, {"conv": {"channels": 4, "kernel": [3, 1]}}),
        ({"conv": {"channels": 4}}, {"conv": {"channels": 4, "bias": False}}),
        ({"conv": {"channels": 4}}, {"conv": {"channels": 4, "init": "dirac"}}),
        ({"shuffle": {"groups": 3}}, "identity"),
        ("zero", "identity"),
        ({"dropout": {"rate": 0.1}}, "identity"),
        ({"dropout": {"rate": 0.1}}, {"dropout": {"rate": 0.1, "kind": "path"}}),
        ({"residual": {"body": []}}, {"residual": {"body": [], "shortcut": "none"}}),
        ({"branches": {"paths": [[], ["zero"]]}}, {"branches": {"paths": [["zero"], []]}}),
    ],
)
def test_other_networks_have_other_digests(one, other):
    def digest(layer):
        return digests({"architecture": [layer, *HEAD]})

    assert digest(one) != digest(other)


def test_what_does_nothing_stands_between_cells_too():
    cell = {"darts_cell": {"channels": 2}}
    last = {"graph": {"inputs": ["before", "last"], "nodes": {}, "output": "last"}}
    short = {"architecture": [{"repeat": {"times": 2, "each": [cell]}}, last, *HEAD]}
    group = {"group": {"name": "cells", "layers": ["identity", cell]}}
    long = {"architecture": [cell, "identity", [], group, last, *HEAD]}
    assert digests(short) == digests(long)
