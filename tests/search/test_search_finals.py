"""The finals: several seeds, an ensemble chosen on validation, a test part read once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from small_space import SPACE, space

from autocnn.api import SearchResult, load_space, open_data, open_study, run_search
from autocnn.controls import add_controls
from autocnn.data.tasks import TASKS, Scale
from autocnn.errors import BundleError, NoTrialSucceeded
from autocnn.interval import t_interval
from autocnn.reuse import load_bundle
from autocnn.reuse.ensemble import load_ensemble, load_predictor
from autocnn.reuse.evaluate import evaluate_bundle, open_labelled
from autocnn.search import finals_time, run
from autocnn.search.ensemble import greedy, mixed, together
from autocnn.search.finalists import Finalists, Trained
from autocnn.search.finals import ahead, foremost
from autocnn.space import Space
from autocnn.training import METRICS, Evaluation


def sure(*answers: int) -> Evaluation:
    """A network that says these classes of two with certainty, where all images are of class 1."""
    rows = np.eye(2, dtype=np.float32)[list(answers)] * 0.8 + 0.1
    labels = np.ones(len(answers), dtype=np.int64)
    return Evaluation(TASKS["classification"](), 1.0, rows, labels)


def test_networks_with_different_mistakes_are_taken_together() -> None:
    metric, scale = METRICS["accuracy"](), Scale()
    library = [sure(1, 1, 1, 0, 0), sure(0, 1, 1, 1, 0), sure(1, 0, 0, 1, 1)]
    weights = greedy(library, metric, scale)
    assert sum(weights) == pytest.approx(1)
    mean = sum(w * each.predictions for w, each in zip(weights, library, strict=True))
    assert metric.value(together(library[0], mean.astype(np.float32), scale)) > 0.6
    # Nothing is gained by more of the same, or of worse.
    assert greedy([sure(1, 1, 1, 0), sure(1, 0, 0, 0)], metric, scale) == [1, 0]


def test_values_far_from_zero_keep_their_digits_together() -> None:
    labels = 1.7e9 + np.arange(8.0)[:, None]
    scale = TASKS["regression"]().scale(labels)
    library = [Evaluation(TASKS["regression"](), 1.0, labels + off, labels) for off in (1.5, -1.5)]
    weights = greedy(library, METRICS["rmse"](), scale)
    assert weights == [0.5, 0.5]
    np.testing.assert_allclose(mixed(library, weights, scale).predictions, labels)


@pytest.mark.parametrize("word", list(TASKS))
def test_outputs_are_found_again_from_predictions(word: str) -> None:
    task = TASKS[word]()
    scale = Scale((1.0, -2.0, 3.0), (2.0, 0.5, 1.0)) if task.scaled else Scale()
    outputs = torch.randn(16, 3, generator=torch.Generator().manual_seed(0))
    predictions = task.predictions(outputs, scale)
    torch.testing.assert_close(
        task.predictions(task.outputs(predictions, scale), scale), predictions
    )


def trained(score: float, images: int, vector: tuple[float, ...] = ()) -> Trained:
    trial: Any = SimpleNamespace(number=0)
    return Trained(trial, Path("x.pt"), score, vector, None, images, 1.0, 1, 0, True)


@pytest.mark.parametrize("best", [0.7, -3.0])  # an accuracy, an error to be made small
def test_a_trial_that_saw_less_wins_by_more_than_chance_only(best: float) -> None:
    final = trained(best, 1000)
    lucky, better, whole = (trained(best + x, n) for x, n in ((0.02, 10), (0.2, 10), (0, 1000)))
    finalists = [final, trained(best - 0.1, 2000)]
    assert ahead([lucky, better, whole], finalists, 1000) == [better, whole]
    assert ahead([lucky], [final], 1_000_000) == [lucky]
    assert ahead([lucky], [], 200) == [lucky]
    knee = trained(best, 10, (best, 1.0))
    assert ahead([knee], [trained(best, 1000, (best, 0.0))], 200) == [knee]


def test_of_two_alike_on_validation_the_longer_training_wins() -> None:
    short, long = trained(0.8, 10), trained(0.8, 1000)
    assert foremost([short, long]) is long


@pytest.mark.parametrize(("speed", "tta"), [(4.0, True), (1e-6, False)])
def test_predictions_average_over_versions_of_an_image_where_the_time_allows_it(
    speed: float, tta: bool, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finals_time, "EVALUATION_SPEED", speed)
    training = {**SPACE["training"], "augment": [{"shift": {"pixels": 1}}], "tta": True}
    given = space(training=training, budget={"trials": 2, "time": "1h"})
    given["data"] = {"source": "digits", "validation": 0.12}
    if not tta:  # what is told is told once, also where the finals were cut off
        with monkeypatch.context() as patch:
            patch.setattr(Finalists, "refit", None)
            with pytest.raises(TypeError):
                run_search(given, store=url)
    found = run_search(given, store=url)
    again = run_search(given, store=url)
    assert found.bundle is not None
    assert found.test is not None
    bundle = load_bundle(found.bundle)
    recipes = [bundle.candidate.training, found.candidate.training, again.candidate.training]
    assert [recipe.tta for recipe in recipes] == [tta] * 3  # type: ignore[attr-defined]
    measured = evaluate_bundle(bundle, open_labelled(bundle, "digits"))
    assert (measured.part, measured.images) == ("test", found.test.images)
    assert measured.value == pytest.approx(found.test.value, abs=4 / 359)
    store, study = open_study("small", url)
    assert sum("without" in event.message for event in store.events(study.id)) == (not tta)


def test_an_interval_over_seeds() -> None:
    """Student's own: with three values the 97.5 % point is 4.3027."""
    mean, low, high = t_interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert (low, high) == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-4)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The store of a study with three seeds of its best, and an ensemble."""
    url = f"sqlite:///{tmp_path_factory.mktemp('several')}/a.db"
    finals = {"candidates": 2, "seeds": 3, "refit": False}
    run_search(space(search={**SPACE["search"], "finals": finals}), store=url, report=False)
    return url


def test_several_seeds_have_an_interval(several: str) -> None:
    store, study = open_study("small", several)
    rows = store.finals(study.id)
    (mean,) = [row for row in rows if row.interval == "t"]
    values = mean.details["seeds"]
    assert (mean.value, mean.low, mean.high) == pytest.approx(t_interval(values))
    assert len(values) == 3
    single = [row for row in rows if row.trial == mean.trial and row.interval == "wilson"]
    assert len({row.seed for row in single}) == 3


def test_an_ensemble_is_a_bundle_that_predicts_what_was_measured(several: str) -> None:
    result = run_search(
        space(search={**SPACE["search"], "finals": {"candidates": 2, "seeds": 3, "refit": False}}),
        store=several,
    )
    assert result.outcome is not None
    found = result.outcome.ensemble
    assert found is not None, "these networks were to be better together"
    assert result.ensemble is not None
    ensemble = load_ensemble(result.ensemble)
    assert len(ensemble.members) == len(found.members) > 1
    assert sum(ensemble.weights) == pytest.approx(1)
    assert result.validation is not None
    assert found.validation.value >= result.validation.value
    dataset = open_data(load_space(space()))
    measured = evaluate_bundle(load_predictor(result.ensemble), dataset, "test")
    assert found.test is not None
    # The search evaluates in the precision of its plan, a bundle in 32 bits.
    assert measured.value == pytest.approx(found.test.value, abs=4 / 359)
    assert len(list(load_predictor(result.ensemble).predict(np.zeros((2, 8, 8), np.uint8)))) == 2
    with pytest.raises(BundleError, match="is an ensemble"):
        load_bundle(result.ensemble)
    (result.ensemble / "weights-0.safetensors").write_bytes(b"")
    with pytest.raises(BundleError, match=r"weights-0"):
        load_ensemble(result.ensemble)


def test_a_search_killed_while_it_read_the_test_part_chooses_nothing_anew(
    url: str, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*given: Any) -> None:
        raise ValueError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("autocnn.search.reading.final_row", killed)
        with pytest.raises(ValueError, match="killed"):
            run_search(space(), store=url)
    store, study = open_study("small", url)
    assert study.phase == "test"
    before = store.finals(study.id)
    monkeypatch.setattr(run, "Finals", None)  # would be asked if anything were chosen again
    result = run_search(space(), store=url, report=False)
    calm = run_search(space(), store=finished)
    assert (result.test, result.validation) == (calm.test, calm.validation)
    rows = store.finals(study.id)
    assert rows[: len(before)] == before
    assert [row.split for row in rows[len(before) :] if "ensemble" not in row.details] == ["test"]


@pytest.mark.parametrize(
    ("epochs", "test", "narrow"), [(10_000, 0.2, True), (10_000, 0, False), (1, 0.2, False)]
)
def test_without_time_for_a_refit_finalists_learn_most_of_validation(
    url: str, epochs: int, test: float, narrow: bool
) -> None:
    given = space(
        data={"source": "digits", "test": test},
        training={**SPACE["training"], "epochs": epochs},
        budget={"time": 6},
    )
    result = run_search(given, store=url)
    assert result.validation is not None
    _, study = open_study("small", url)
    images = study.data["images"]["validation"]
    assert result.validation.images == pytest.approx(images / 2 if narrow else images, abs=2)
    assert result.report is not None
    said = "What the finals did not learn of validation; these images chose"
    assert (said in result.report.read_text(encoding="utf-8")) == narrow


def test_controls_have_equal_seconds_and_stand_beside_the_result(url: str) -> None:
    search = {**SPACE["search"], "controls": True, "start": {"candidates": []}}
    result = run_search(space(search=search, budget={"trials": 2}), store=url)
    assert [row["study"] for row in result.controls] == ["small-random", "small-fixed"]
    store, study = open_study("small", url)
    for row in result.controls:
        own = store.study(row["study"])
        assert own is not None
        assert own.settings["budget"]["time"] == pytest.approx(max(1.0, study.seconds))
        assert row["low"] < row["value"] < row["high"]
    assert result.report is not None
    assert "Given as many seconds, random search came to" in result.report.read_text("utf-8")
    again = run_search(space(search=search, budget={"trials": 2}), store=url)
    assert again.controls == result.controls

    def barren(changed: Space) -> SearchResult:
        if changed.name == "small-random":
            raise NoTrialSucceeded("every trial failed")
        return run_search({**SPACE, "study": changed.name}, store=url)  # one of another space

    assert add_controls(store, study, load_space(space(search=search)), barren) is None
    told = [event.message for event in store.events(study.id)]
    assert "control, random search: every trial failed" in told
    assert "the study 'small-fixed' was made from another space" in told[-1]


def test_what_an_earlier_search_found_is_no_control_without_one(url: str) -> None:
    run_search(space(budget={"trials": 1}), store=url, report=False)
    run_search(space(study="second", budget={"trials": 2}), store=url, report=False)
    store, study = open_study("second", url)
    found, own = store.trials(study.id)[:2]
    assert found.notes["start"] == "trial 0 of the study 'small'"
    seen: dict[str, Space] = {}

    def noted(changed: Space) -> SearchResult:
        seen[changed.name] = changed
        raise NoTrialSucceeded("none")

    add_controls(store, study, load_space(space(study="second")), noted)
    assert own.candidate is not None
    assert seen["second-fixed"].document["architecture"] == own.candidate["architecture"]
    assert seen["second-fixed"].document["training"] == own.candidate["training"]
