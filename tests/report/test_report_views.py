"""The views: each draws a finished study, an empty one, and what it is made for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_studies import add_trial, new_store, new_study

from autocnn.report.curves import smoothed
from autocnn.report.fidelity import fidelity_frame
from autocnn.report.footprint import footprint_frame
from autocnn.report.forest import Forest
from autocnn.report.hypervolume import dominated, hypervolume_frame, score_frame
from autocnn.report.lineage import lineage_frame
from autocnn.report.objective import Objective
from autocnn.report.parallel import by_block
from autocnn.report.pictures import is_picture
from autocnn.report.rungs import decision_frame, funnel_frame, reason
from autocnn.report.study_frames import StudyFrames
from autocnn.report.timeline import busy, merged, utilisation
from autocnn.report.view import least_width
from autocnn.report.views import TRIAL_VIEWS, VIEWS
from autocnn.store import Store

UP = Objective()
MOST = 2000


@pytest.fixture(scope="module")
def full(finished: Store) -> StudyFrames:
    return StudyFrames.read(finished, "fashion")


@pytest.mark.parametrize("name", [*VIEWS, *TRIAL_VIEWS])
def test_a_view_draws_a_finished_study_and_nothing_of_an_empty_one(
    full: StudyFrames, tmp_path: Path, name: str
) -> None:
    view = VIEWS.get(name) or TRIAL_VIEWS[name]
    which = () if name in VIEWS else (20,)
    made = view.figure(full, UP, *which)
    if name in ("lineage", "hypervolume"):
        assert made is None, "it comes from no other, and there is one objective"
    else:
        assert 0 < len(made.data) < MOST
        assert least_width(made) < MOST
        drawn = json.loads(made.to_json())
        for switch in view.switches:
            other = view.figure(full, UP, *which, **{switch: True})
            same = json.loads(other.to_json()) == drawn
            assert same == (switch == "feasible"), "no limit is broken here"
    store = new_store(tmp_path)
    new_study(store)
    assert view.figure(StudyFrames.read(store, "fashion"), UP, *which) is None


def progress_of(rows: list[tuple[int, int, float]]) -> pd.DataFrame:
    begin = datetime(2026, 11, 22, 9)
    return pd.DataFrame(
        {
            "trial": [trial for trial, _, _ in rows],
            "images": [images for _, images, _ in rows],
            "epoch": [images / 100 for _, images, _ in rows],
            "val_accuracy": [value for _, _, value in rows],
            "created": pd.to_datetime(
                [begin + timedelta(seconds=place) for place in range(len(rows))], utc=True
            ),
        }
    )


def test_of_a_pause_and_a_promotion_the_promotion_counts() -> None:
    progress = progress_of([(0, 105, 0.5), (0, 400, 0.9), (1, 101, 0.4)])
    rows = [(0, 100, "pause"), (0, 100, "promote"), (0, 400, "complete"), (1, 100, "pause")]
    decisions = pd.DataFrame(rows, columns=["trial", "rung", "action"])
    decisions = decisions.assign(
        by="asha", threshold=[np.nan, 0.5, np.nan, np.nan], rivals=[3, 9, 3, 3]
    )
    found = decision_frame(decisions, progress, UP)
    assert found[["trial", "rung", "value", "action"]].to_numpy().tolist() == [
        [0, 100, 0.5, "promote"], [1, 100, 0.4, "pause"], [0, 400, 0.9, "complete"],
    ]  # fmt: skip
    assert reason(found.iloc[0].to_dict()) == "promoted by asha: needed 0.5 among 9"
    for other, objective in (("asha", Objective(several=True)), ("pruner", UP)):
        told = decision_frame(decisions.assign(by=other), progress, objective)
        assert reason(told.iloc[0].to_dict()) == f"promoted by {other} among 9"
    shares = funnel_frame(found).set_index(["rung", "action"])["share"]
    assert shares[100, "promote"] == 0.5
    assert shares[400, "complete"] == 1.0


def test_fidelity_is_the_rank_correlation_of_trials_that_reached_both() -> None:
    from scipy.stats import spearmanr

    early, late = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.5, 0.7, 0.6, 0.8, 0.9, 0.95]
    rows = [(trial, 100, value) for trial, value in enumerate(early)]
    rows += [(trial, 400, value) for trial, value in enumerate(late)]
    decisions = pd.DataFrame({"rung": [100, 400]})
    (found,) = fidelity_frame(decisions, progress_of([*rows, (9, 100, 0.9)]), UP).to_dict(
        "records"
    )
    assert found["trials"] == 6
    assert found["correlation"] == pytest.approx(spearmanr(early, late).statistic)
    assert found["low"] < found["correlation"] < found["high"]


def test_workers_are_busy_while_trials_train() -> None:
    progress = progress_of([(0, 100, 0.1), (1, 100, 0.1), (0, 200, 0.2), (1, 200, 0.2)])
    progress = progress.assign(seconds=[0.5, 1.0, 1.5, 2.0])
    trials = pd.DataFrame(
        {"number": [0, 1], "state": ["completed", "failed"], "worker": ["0", "1"]}
    )
    found = busy(trials, progress)
    assert (found["end"] - found["begin"]).tolist() == pytest.approx([0.5, 1.0, 1.0, 1.0])
    # Trial 1 began before 0 had its first point, so there are two workers.
    assert utilisation(found)["busy"].tolist() == pytest.approx([1.5, 2.0])
    many = pd.concat([found] * 1000).assign(begin=np.arange(4000.0), end=np.arange(1, 4001.0))
    assert len(merged(many, 50)) <= 50 + 2
    assert merged(many, 50)["trials"].sum() >= 2


def test_the_forest_finds_what_matters_alone_and_together() -> None:
    source = np.random.default_rng(0)
    a, b, c = source.integers(0, 2, (3, 400))
    trials = pd.DataFrame(
        {
            "number": range(400),
            "state": "completed",
            "images": 100,
            "best_value": 0.5 + 0.2 * (a == b) + 0.1 * c + 0.001 * source.random(400),
            "hole.a": a,
            "hole.b": b,
            "hole.c": pd.Series(c).where(a == 1).astype("Int64"),
            "hole.noise": source.random(400),
        }
    )
    forest = Forest.of(trials, UP)
    assert forest is not None
    assert forest.explained > 0.7
    shares = forest.importance.set_index("hole")
    assert shares.index[-1] == "noise"
    assert shares.loc["c", "trials"] == (a == 1).sum()
    assert shares.loc["b", "alone"] < 0.1
    assert shares.loc["b", "total"] > 0.5
    pairs = forest.interactions(["a", "b", "noise"]).set_index(["first", "second"])["share"]
    assert pairs.idxmax() == ("a", "b")
    assert pairs["a", "b"] > 0.5
    low, high = forest.dependence(["b", "c"])[1]["value"]
    assert high - low == pytest.approx(0.1, abs=0.03)
    assert Forest.of(trials.head(10), UP) is None


def test_like_candidates_lie_near_each_other() -> None:
    trials = pd.DataFrame(
        {
            "number": range(6),
            "state": ["completed"] * 5 + ["infeasible"],
            "best_value": [0.1, 0.2, 0.3, 0.4, 0.5, None],
            "hole.kind": ["a", "a", "a", "b", "b", "b"],
            "hole.width": [8.0, 9.0, 10.0, 100.0, 90.0, 95.0],
        }
    )
    found, shares = footprint_frame(trials)
    assert found["value"].isna().tolist() == [False] * 5 + [True]
    assert (found["x"].head(3) < 0).nunique() == (found["x"].tail(3) < 0).nunique() == 1
    assert (found["x"].iloc[0] < 0) != (found["x"].iloc[5] < 0)
    assert shares[0] > 0.9
    assert footprint_frame(trials.head(2))[0].empty


def test_a_lineage_tells_what_each_step_changed() -> None:
    trials = pd.DataFrame(
        {
            "number": [0, 1, 2, 3],
            "parent": pd.Series([None, 0, 1, 3], dtype="Int64"),
            "best_value": [0.1, 0.2, 0.3, 0.4],
            "hole.kind": ["a", "b", "b", "b"],
            "hole.rate": [0.1, 0.1, None, 0.1],
        }
    )
    found = lineage_frame(trials, 2)
    assert found["number"].tolist() == [0, 1, 2]
    assert found["changed"].tolist() == [[], ["kind: b"], ["rate: not used"]]
    assert lineage_frame(trials, 3)["number"].tolist() == [3], "its own parent"


def test_other_seeds_of_a_search_give_a_spread(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for seed, best in ((1, 0.8), (2, 0.7), (3, 0.9)):
        with store.hold(new_study(store, f"seed {seed}", seed=seed)) as hold:
            add_trial(hold, 0, 0.5)
            add_trial(hold, 1, best)
    new_study(store, "other data", seed=4, data_fingerprint="e" * 64)
    frames = StudyFrames.read(store, "seed 1", seeds=True)
    assert [other.study.name for other in frames.others] == ["seed 2", "seed 3"]
    made = VIEWS["best-over-trials"].figure(frames, UP)
    low, high, mean = (trace.y[-1] for trace in made.data[:3])
    assert (low, high, mean) == pytest.approx((0.7, 0.9, 0.8))


def test_the_hypervolume_is_what_the_front_dominates() -> None:
    points = [(0.0, 1.0), (1.0, 0.0), (0.5, 0.5), (0.2, 0.2), (1.0, 1.0)]
    scores = pd.DataFrame(points, columns=["a", "b"]).assign(number=range(3, 8))
    found = hypervolume_frame(scores)
    assert found["number"].tolist() == [3, 4, 5, 6, 7]
    assert found["volume"].tolist() == pytest.approx([0.0, 0.0, 0.25, 0.25, 1.0])
    assert found["front"].tolist() == [1, 2, 3, 3, 1]
    assert dominated(np.array([(1.0, 0.5, 0.5), (0.5, 1.0, 0.5)])) == pytest.approx(0.375)


def test_several_objectives_are_scored_at_the_best_point() -> None:
    trials = pd.DataFrame(
        {
            "number": [0, 1, 2],
            "state": ["completed", "failed", "paused"],
            "best_value": [0.4, 0.5, 0.6],
            "best_images": pd.Series([200, 100, 100], dtype="Int64"),
            "params": pd.Series([100, 10, 1000], dtype="Int64"),
        }
    )
    progress = progress_of([(0, 100, 0.9), (0, 200, 0.4), (1, 100, 0.5), (2, 100, 0.6)])
    found = score_frame(trials, progress, {"val_accuracy": True, "params": False})
    assert found["number"].tolist() == [0, 2]
    assert found["val_accuracy"].tolist() == [0.4, 0.6]
    assert found["params"].tolist() == pytest.approx([-np.log(100), -np.log(1000)])
    assert score_frame(trials, progress, {"val_accuracy": True, "latency_ms": False}).empty


def test_smoothing_keeps_each_curve_to_itself() -> None:
    frame = pd.DataFrame({"rank": [0, 0, 1, 1], "value": [0.0, 1.0, 5.0, 5.0]})
    assert smoothed(frame)["value"].tolist() == pytest.approx([0.0, 0.625, 5.0, 5.0])


def test_holes_of_a_block_stand_together() -> None:
    holes = ["training.lr", "architecture.1.r0.kernel", "define.width", "training.batch_size"]
    assert by_block(holes) == [holes[0], holes[3], holes[1], holes[2]]


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", True),
        ('data:image/png;base64,iVBO" onerror="alert(1)', False),
        ("data:image/svg+xml;base64,PHN2Zz4=", False),
        ("https://example.org/x.png", False),
        (None, False),
    ],
)
def test_only_data_urls_of_pictures_are_pictures(text: object, fine: bool) -> None:
    assert is_picture(text) is fine
