"""Properties that hold for every space: made here by hypothesis and those that we ship."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocnn.api import language
from autocnn.network import cost, out_shape
from autocnn.space import (
    Candidate,
    Infeasible,
    count,
    elaborate,
    fill,
    fill_values,
    fillings,
    json_schema,
    load_space,
    read_candidate,
    sample,
    write_candidate,
)

SHIPPED = sorted((Path(__file__).parents[2] / "search_spaces").glob("*.yaml"))


def hole(values):
    return st.lists(values, min_size=1, max_size=3, unique_by=repr).map(
        lambda found: {"choice": found}
    )


def or_hole(values):
    return st.one_of(values, hole(values))


numbers = st.one_of(
    st.integers(1, 12),
    st.tuples(st.integers(1, 6), st.integers(0, 3)).map(lambda two: {"int": [two[0], sum(two)]}),
    hole(st.integers(1, 9)),
    st.sampled_from(["=width", "=in_channels", "=width * 2", "=min(width, in_height)"]),
)
convs = st.fixed_dictionaries(
    {"channels": numbers},
    optional={
        "kernel": or_hole(st.sampled_from([1, 3, 5])),
        "stride": or_hole(st.sampled_from([1, 2])),
        "activation": or_hole(st.sampled_from(["relu", "silu", {"leaky_relu": {}}])),
        "norm": or_hole(st.sampled_from(["none", "batch", {"group": {"groups": 1}}])),
    },
).map(lambda options: {"conv": options})
leaves = st.one_of(
    convs,
    st.sampled_from(["identity", "=shared", {"pool": {"kernel": {"choice": [2, 3]}}}]),
    numbers.map(lambda value: {"basic": {"channels": value}}),
    numbers.map(lambda value: {"own": {"size": value}}),
)


def nested(layer):
    some = st.lists(layer, max_size=2)
    times = st.one_of(
        st.integers(0, 2), st.just("=deep"), st.just({"int": [0, 2]}), st.just({"choice": [1, 3]})
    )
    return st.one_of(
        st.builds(
            lambda each, times, tie: {"repeat": {"times": times, "tie": tie, "each": each}},
            some, times, st.booleans(),
        ),
        st.lists(some, min_size=1, max_size=3, unique_by=json.dumps).map(
            lambda lists: {"choice": lists}
        ),
        some.map(lambda body: {"residual": {"body": body, "merge": "concat"}}),
        st.lists(some, min_size=1, max_size=2).map(lambda paths: {"branches": {"paths": paths}}),
        st.lists(some, min_size=2, max_size=2).map(lambda two: {"graph": {
            "nodes": {"b": {"from": [{"choice": ["input", "a"]}, {"a": two[0]}],
                            "merge": "concat"},
                      "a": {"from": "input", "layers": two[1]}},
            "output": "b"}}),
        st.tuples(convs, some).map(lambda two: {"choice": {"conv": two[0]["conv"],
                                                          "residual": {"body": two[1]}}}),
    )  # fmt: skip


@st.composite
def spaces(draw):
    layers = draw(st.lists(st.recursive(leaves, nested, max_leaves=6), max_size=4))
    return {
        "data": {"shape": [1, 16, 16], "classes": 3},
        "define": {
            "width": draw(or_hole(st.integers(1, 8))),
            "deep": draw(or_hole(st.integers(0, 2))),
            "shared": [draw(convs)],
        },
        "defaults": {"activation": draw(or_hole(st.sampled_from(["relu", "gelu"])))},
        "blocks": {
            "own": {
                "parameters": {"size": "required", "more": draw(or_hole(st.integers(1, 3)))},
                "layers": [{"conv": {"channels": "=size + more"}}, *draw(st.lists(convs))[:1]],
            }
        },
        "architecture": [
            *layers,
            "global_pool",
            {"linear": {"units": "=classes", "activation": "none"}},
        ],
        "training": {"batch_size": draw(or_hole(st.integers(2, 64)))},
    }


def reads_back(candidate):
    text = write_candidate(candidate)
    again = read_candidate(text, language())
    assert again == candidate
    assert again.digest == candidate.digest
    assert write_candidate(again) == text
    stored = json.loads(json.dumps(candidate.to_json()))
    other = Candidate.from_json(stored, language().layers, language().recipe)
    assert other.digest == candidate.digest


@settings(max_examples=100, deadline=None)
@given(spaces(), st.integers(0, 2**32))
def test_any_filling_becomes_a_candidate_that_reads_back(document, seed):
    space = load_space(document, language())
    filled = sample(space, seed)
    order = [hole.name for hole in space.holes]
    assert len(set(order)) == len(order)
    assert list(filled.values) == sorted(filled.values, key=order.index)
    assert fill_values(space, filled.values).values == filled.values
    assert [name for name in order if not space.hole(name).conditional] == [
        name for name in filled.values if not space.hole(name).conditional
    ]
    made = elaborate(filled, (1, 16, 16), 3)
    if isinstance(made, Infeasible):
        assert made.text
        assert made.path.startswith("architecture")
        return
    assert out_shape(made.architecture) == (3,)
    assert cost(made.architecture).params >= 0
    reads_back(made)


@settings(max_examples=60, deadline=None)
@given(spaces())
def test_the_holes_are_those_of_all_fillings_and_all_choices_are_reached(document):
    space = load_space(document, language())
    number = count(space)
    if number > 300:
        return
    seen = {}
    every = [dict(filled.values) for filled in fillings(space)]
    for values in every:
        for name, value in values.items():
            seen.setdefault(name, []).append(value)
    assert number == len(every) == len({json.dumps(values) for values in every})
    assert set(seen) == {hole.name for hole in space.holes}
    for found in space.holes:
        assert list(dict.fromkeys(seen[found.name])) == list(found.values())
        assert found.conditional == (len(seen[found.name]) < len(every))


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_the_text_of_a_mapping_is_the_same_space(document):
    space = load_space(document, language())
    again = load_space(space.text, language())
    assert again.digest == space.digest
    assert [hole.name for hole in again.holes] == [hole.name for hole in space.holes]
    assert validator().is_valid(document)


@cache
def validator():
    schema = json_schema(language())
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_spaces(file):
    space = load_space(file, language())
    validator().validate(space.document)
    filled = [sample(space, seed) for seed in range(20)]
    made = [elaborate(one, (1, 28, 28), 10) for one in filled]
    found = [one for one in made if isinstance(one, Candidate)]
    assert len(found) > 10
    for one in found[:6]:
        reads_back(one)


def test_the_schema_is_one_and_refuses_what_the_language_refuses():
    found = validator()
    found.check_schema(found.schema)
    base = {"architecture": ["flatten"]}
    for wrong in (
        {},
        base | {"trainng": {}},
        base | {"training": {"batch_size": "many"}},
        base | {"training": {"optimizer": {"sgdd": {}}}},
        base | {"architecture": [{"conv": {"kernal": 3}}]},
        base | {"architecture": [{"conv": {"channels": 3, "kernel": {"choice": [1, "x"]}}}]},
        base | {"search": {"seed": {"choice": [1, 2]}}},
    ):
        assert not found.is_valid(wrong), wrong
        with pytest.raises(Exception, match=r"\[Y"):
            load_space(wrong, language())


def test_sampling_is_a_function_of_the_seed():
    space = load_space(SHIPPED[0], language())
    assert sample(space, 3).values == sample(space, 3).values
    assert sample(space, 3).values != sample(space, 4).values
    asked = []
    fill(space, lambda hole: asked.append(hole.name) or sample(space, 3).values[hole.name])
    assert asked == list(sample(space, 3).values)


@pytest.mark.parametrize("name", ["darts", "mobilenet"])
def test_blocks_made_before_are_those_made_anew(name: str) -> None:
    file = next(path for path in SHIPPED if path.stem == name)
    one, other = (load_space(file, language()) for _ in range(2))

    def made(space, seed):
        found = elaborate(sample(space, seed), (3, 32, 32), 10)
        return found.digest if isinstance(found, Candidate) else str(found.problem)

    seeds = range(8)
    forth = [made(one, seed) for seed in seeds]
    assert forth == [made(other, seed) for seed in reversed(seeds)][::-1]
