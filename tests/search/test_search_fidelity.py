"""Searches whose trials are trained on less than the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import synthetic
from small_space import SPACE, space

from autocnn.api import load_space, open_data, open_study, run_search
from autocnn.errors import SpaceError
from autocnn.fidelity_text import fidelity_text
from autocnn.network import build, cost
from autocnn.reuse import load_bundle
from autocnn.search.fidelity import Fidelity
from autocnn.search.finalists import Finalists
from autocnn.search.finals_plan import FinalsPlan
from autocnn.search.settings import FinalsOptions
from autocnn.space import Candidate, elaborate, sample
from autocnn.store import open_store
from autocnn.training import read_weights

EVERY = {"images": 0.25, "size": 6, "width": 0.5}


def search(**changes: Any) -> dict[str, Any]:
    return {**SPACE["search"], **changes}


@pytest.mark.parametrize(
    ("fidelity", "text"),
    [
        ({}, "give `images` or `width` below 1, or a `size`"),
        ({"images": 0}, "search.fidelity.images"),
        ({"width": 1.5}, "search.fidelity.width"),
        ({"size": 1}, "search.fidelity.size: expected a whole number from 2 to 4096"),
        ({"image": 0.5}, "did you mean 'images'"),
        ({"size": 8}, "`size` must be below 8x8 of the data, got 8x8 [Y30]"),
        ({"size": [4, 9]}, "`size` must be below 8x8 of the data, got 4x9 [Y30]"),
    ],
)
def test_y08_what_is_no_fidelity(fidelity: dict[str, Any], text: str, url: str) -> None:
    with pytest.raises(SpaceError) as error:
        run_search(space(search=search(fidelity=fidelity)), store=url)
    assert text in str(error.value)


def test_a_share_of_the_images_has_the_shares_of_its_classes() -> None:
    dataset = open_data(load_space(space()))
    less = Fidelity(images=0.25, size=(6, 4)).dataset(dataset, 0)
    assert (less.shape, less.test, len(less.validation)) == (
        (1, 6, 4),
        None,
        len(dataset.validation),
    )
    assert less.train.images.shape[1:] == (6, 4, 1)
    for count, whole in zip(less.counts["train"], dataset.counts["train"], strict=True):
        assert count == pytest.approx(whole / 4, abs=1)
    same = Fidelity(images=0.25).dataset(dataset, 0)
    rows = same.train.indices.tolist()
    assert rows == less.train.indices.tolist()
    assert set(rows) < set(dataset.train.indices.tolist())
    assert np.array_equal(same.train.images, dataset.train.images)
    assert rows != Fidelity(images=0.25).dataset(dataset, 1).train.indices.tolist()


BODY = [{"conv": {"channels": 32, "groups": "depthwise"}}, {"conv": {"channels": 32}}]
NARROW: dict[str, Any] = {
    "groups": [{"conv": {"channels": 64, "groups": 32, "norm": {"group": {"groups": 32}}}}],
    "equal layers": [
        {"conv": {"channels": 48}},
        {"conv": {"channels": 64, "groups": 16}},
        {"conv": {"channels": 32}},
        {"conv": {"channels": 64, "groups": 16}},
    ],
    "sums": [{"residual": {"body": [{"mbconv": {"channels": 32}}]}}, {"residual": {"body": BODY}}],
    "concatenations": [
        {
            "branches": {
                "paths": [[{"conv": {"channels": 12}}], [{"conv": {"channels": 20}}]],
                "merge": "concat",
            }
        },
        {"residual": {"body": [{"conv": {"channels": 32}}], "shortcut": "identity"}},
    ],
    "split": [{"shuffle_unit": {"channels": 48}}, {"shuffle_unit": {"channels": 48}}],
}


@pytest.mark.parametrize("layers", NARROW.values(), ids=NARROW)
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_narrower_network_fits_together(layers: list[Any], share: float) -> None:
    end = ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}]
    whole = {"architecture": [{"conv": {"channels": 32}}, *layers, *end]}
    made = elaborate(sample(load_space(whole), 0), (3, 16, 16), 10)
    assert isinstance(made, Candidate)
    less = Fidelity(width=share).candidate(made)
    counts = cost(less.architecture)
    assert counts.activations < cost(made.architecture).activations
    module = build(less.architecture)
    assert sum(tensor.numel() for tensor in module.parameters()) == counts.params


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The store of a study whose trials saw less in every respect."""
    url = f"sqlite:///{tmp_path_factory.mktemp('fidelity')}/a.db"
    changed = space(
        search=search(fidelity=EVERY),
        constraints={"params": {"min": 200}},
        budget={"images": 1_000},
    )
    run_search(changed, store=url)
    return url


def test_trials_see_less_and_the_finals_all(finished: str) -> None:
    store, study = open_study("small", finished)
    assert fidelity_text(study.settings) == EVERY_TEXT
    images = len(open_data(load_space(space())).train)
    trials, rows = store.trials(study.id), store.finals(study.id)
    trained = [trial for trial in trials if trial.images]
    assert trained
    assert all(trial.horizon == pytest.approx(2 * images / 4, abs=10) for trial in trained)
    assert sum(trial.images for trial in trained) == pytest.approx(1_000, abs=64)
    for trial in trained:
        assert trial.best_epoch == pytest.approx((trial.best_images or 0) / (images / 4), rel=0.02)
        assert trial.checkpoint is not None
        weights = read_weights(store.folder / trial.checkpoint.path)
        wide = trial.values["architecture.0.conv.channels"]
        assert weights["conv_0.conv.weight"].shape[0] == {8: 8, 12: 8, 16: 8}[wide]
    assert {row.trial for row in rows} <= {trial.number for trial in trained}
    assert all(row.images > 2 * (trials[row.trial].horizon or 0) for row in rows)
    bundle = load_bundle(store.folder / "small" / "bundle")
    winner = trials[rows[-1].trial]
    assert bundle.candidate.to_json() == winner.candidate
    assert bundle.candidate.architecture.shape == (1, 8, 8)


EVERY_TEXT = "25 % of the images, 6x6 pixels, 50 % of the channels"


def test_a_value_of_a_trial_is_never_told_as_that_of_the_network(finished: str) -> None:
    from autocnn.report.header import result_words
    from autocnn.report.objective import Objective
    from autocnn.report.study_frames import StudyFrames

    store, study = open_study("small", finished)
    frames = StudyFrames.read(store, "small")
    objective = Objective.of(study.settings)
    assert objective.label == f"validation accuracy, trained on {EVERY_TEXT}"
    number = int(frames.finals["trial"].iloc[-1])
    cards = result_words(study, frames.trials, frames.finals, objective, number)
    assert [card["label"] for card in cards] == ["Validation accuracy", "Test accuracy"]
    before = frames.finals.iloc[:0]
    assert result_words(study, frames.trials, before, objective, number) == []


@pytest.mark.parametrize("fidelity", [None, {"images": 0.5}])
def test_a_trial_of_less_is_no_result_where_the_finals_had_no_time(
    fidelity: dict[str, float] | None, url: str
) -> None:
    wanted = {**synthetic.SPACE["search"], "fidelity": fidelity}
    given = synthetic.space(search=wanted, budget={"trials": 2})
    coordinator = synthetic.search(open_store(url), given)
    plan = FinalsPlan(coordinator, synthetic.digits(), FinalsOptions())
    finalists = Finalists(coordinator, synthetic.digits(), plan)
    assert bool(finalists.incumbents()) == (fidelity is None)


def test_y37_another_fidelity_is_another_study(finished: str) -> None:
    with pytest.raises(SpaceError, match=r"search\.fidelity"):
        run_search(space(search=search(fidelity={"images": 0.5})), store=finished)
