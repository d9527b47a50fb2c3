"""First candidates: given, found by earlier studies, shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
from small_space import SPACE, space

from autocnn.api import load_space, open_study, run_search
from autocnn.errors import SpaceError
from autocnn.search import starts
from autocnn.search.starts import first_candidates
from autocnn.search.starts.earlier import apart
from autocnn.search.starts.fit import fits
from autocnn.search.starts.portfolio import portfolio, shipped
from autocnn.space import Infeasible, elaborate, sample, values_of, write_candidate
from autocnn.store import open_store

SPACES = Path(__file__).parents[2] / "search_spaces"
CHANNELS = "architecture.0.conv.channels"


def starting(**start: Any) -> dict[str, Any]:
    """The synthetic space with such first candidates."""
    return {**synthetic.SPACE["search"], "start": start}


@pytest.mark.parametrize(
    ("name", "shape"),
    [("fashion_mnist", (1, 28, 28)), ("resnet", (1, 28, 28))],
)
def test_the_values_of_a_network_are_found_again(name: str, shape: tuple[int, ...]) -> None:
    given, found = load_space(SPACES / f"{name}.yaml"), 0
    for seed in range(4):
        candidate = elaborate(sample(given, seed), shape, 10)
        if not isinstance(candidate, Infeasible):
            values = values_of(candidate, given)
            assert values is not None
            assert values.missed == 0
            assert fits(given, values.values, shape, 10)
            found += 1
    assert found


def test_a_network_that_no_values_make_is_left_out(tmp_path: Path) -> None:
    given = synthetic.space(constraints={})
    candidate = elaborate(sample(given, 3), (1, 8, 8), 10)
    assert not isinstance(candidate, Infeasible)
    file = tmp_path / "other.yaml"
    text = write_candidate(candidate).replace(
        "- global_pool", "- dropout: {rate: 0.5}\n- global_pool"
    )
    file.write_text(text, encoding="utf-8")
    search = starting(candidates=[str(file)])
    firsts = starts.given(synthetic.space(search=search), (1, 8, 8), 10)
    assert not firsts.starts
    assert firsts.left_out == [f"{file}: no values of the holes were found that make its network"]


def test_a_hole_that_there_is_not_is_told_with_the_whole_name_of_one() -> None:
    search = starting(candidates=[{"channels": 17}])
    with pytest.raises(SpaceError, match=f"no hole 'channels' .did you mean '{CHANNELS}'"):
        starts.given(synthetic.space(search=search), (1, 8, 8), 10)


def test_given_candidates_are_tried_first_and_the_strategy_fills_the_rest(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db")
    given = synthetic.space()
    candidate = elaborate(sample(given, 3), (1, 8, 8), 10)
    assert not isinstance(candidate, Infeasible)
    file = tmp_path / "known.yaml"
    file.write_text(write_candidate(candidate), encoding="utf-8")
    entries = [{CHANNELS: 17, "architecture.0.conv.kernel": 1}, str(file), {CHANNELS: 18}]
    begun = synthetic.space(search=starting(candidates=entries), constraints={})
    synthetic.search(store, begun)
    study = store.study("synthetic")
    assert study is not None
    first, second, third, fourth = store.trials(study.id)[:4]
    assert (first.values[CHANNELS], first.values["architecture.0.conv.kernel"]) == (17, 1)
    assert second.candidate_digest == candidate.digest
    assert third.values[CHANNELS] == 18
    assert [t.notes.get("start") for t in (first, second, third, fourth)] == [
        "the space", str(file), "the space", None,
    ]  # fmt: skip


def test_a_resumed_search_keeps_its_first_candidates(tmp_path: Path) -> None:
    """Whatever the store has learned meanwhile; what it began with is a setting of the study."""
    given = synthetic.space(search=starting(candidates=[{CHANNELS: 17}, {CHANNELS: 18}]))
    stores = [open_store(f"sqlite:///{tmp_path}/{name}/a.db") for name in ("calm", "cut")]
    synthetic.search(stores[0], given)
    less = synthetic.space(search=given.document["search"], budget={"trials": 1})
    synthetic.search(stores[1], less)
    synthetic.search(stores[1], synthetic.space(study="other"))
    synthetic.search(stores[1], given)
    found = [synthetic.recorded(store, "synthetic") for store in stores]
    assert found[0] == found[1]


def test_the_best_of_earlier_studies_with_alike_data_go_first(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a.db")
    synthetic.search(store, synthetic.space())
    study = store.study("synthetic")
    assert study is not None
    trials = [t for t in store.trials(study.id) if t.best_value is not None]
    best = max(t.best_value for t in trials if t.best_value is not None)
    again = synthetic.space(study="again")
    firsts = first_candidates(again, synthetic.digits(), store).starts
    assert [t.best_value for t in trials if t.values == firsts[0].values] == [best]
    assert len(firsts) == 3
    for search in ("none", {"earlier": False}):
        off = synthetic.space(search={**synthetic.SPACE["search"], "start": search})
        assert not first_candidates(off, synthetic.digits(), store).starts
    wider = synthetic.space(
        architecture=[{"conv": {"channels": {"int": [4, 65]}}}, *synthetic.SPACE["architecture"]]
    )
    assert not first_candidates(wider, synthetic.digits(), store).starts


DATA = {"task": "classification", "shape": [1, 28, 28], "classes": range(10)}


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({}, True),
        ({"shape": [1, 32, 32]}, True),
        ({"shape": [3, 28, 28]}, False),
        ({"shape": [1, 64, 64]}, False),
        ({"classes": range(21)}, False),
        ({"images": {"train": 300_000}}, False),
        ({"task": "multilabel"}, False),
    ],
)
def test_which_data_are_alike(changes: dict[str, Any], alike: bool) -> None:
    one = {**DATA, "images": {"train": 50_000}}
    distance = apart(one, {**one, **changes})
    assert (distance is not None) == alike
    assert changes or distance == 0


def test_the_portfolio_lies_in_the_space_that_it_was_found_in() -> None:
    for entry in portfolio():
        given = load_space(SPACES.parent / entry["space"])
        assert fits(given, entry["values"], (1, 28, 28), 10)
    data = {**DATA, "source": "other"}
    assert len(list(shipped(given, data))) == len(portfolio())
    assert not list(shipped(given, {**data, "source": "fashion-mnist"}))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({f"{CHANNELS}s": 8}, f"no hole '{CHANNELS}s' (did you mean"),
        ({CHANNELS: 9}, f"the hole {CHANNELS} does not take 9"),
        ("nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_first_candidates_that_cannot_be_are_told(url: str, entry: Any, said: str) -> None:
    with pytest.raises(SpaceError) as caught:
        run_search(space(search={**SPACE["search"], "start": {"candidates": [entry]}}), store=url)
    assert said in str(caught.value)


def test_a_network_outside_of_the_space_is_left_out_with_a_warning(url: str) -> None:
    outside = Path(SPACES / "classics" / "lenet5.yaml")
    given = space(search={**SPACE["search"], "start": {"candidates": [str(outside)]}})
    run_search({**given, "budget": {"trials": 1}}, store=url, report=False)
    store, study = open_study("small", url)
    (warning,) = [e.message for e in store.events(study.id) if e.level == "warning"]
    assert "lenet5.yaml: is no network for these images: architecture.2.conv: " in warning
