"""Frames have the columns and dtypes that are documented, with and without rows."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from store_values import new_point, new_trial

from autocnn.errors import StoreError
from autocnn.store import (
    ArtifactRow,
    DecisionRow,
    FinalRow,
    NewTrial,
    Store,
    StudyRecord,
    frames,
)

FRAMES = {
    frames.trials: frames.TRIAL_COLUMNS,
    frames.progress: frames.PROGRESS_COLUMNS,
    frames.decisions: frames.DECISION_COLUMNS,
    frames.finals: frames.FINAL_COLUMNS,
    frames.artifacts: frames.ARTIFACT_COLUMNS,
    frames.events: frames.EVENT_COLUMNS,
    frames.architectures: frames.ARCHITECTURE_COLUMNS,
}


@pytest.fixture
def filled(store: Store, study: StudyRecord) -> Store:
    values = {"a.kernel": 3, "b": "relu", "c.lr": 0.1, "d": True, "e": 3}
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0, values=values))
        hold.add_trial(NewTrial(number=1, values={"a.kernel": 5, "e": "big"}, state="infeasible"))
        hold.add_progress(0, new_point(1000, val_accuracy=0.5, val_loss=math.inf))
        hold.add_progress(0, new_point(2000, val_accuracy=0.6))
        hold.update_trial(
            0,
            state="running",
            images=2000,
            decisions=[DecisionRow(trial=0, rung=1000, action="promote", by="asha")],
        )
        hold.add_final(FinalRow(trial=0, seed=1, split="test", metric="accuracy", value=0.9))
        hold.add_artifact(ArtifactRow(kind="bundle", path="b", bytes=1, sha256="b" * 64))
        hold.add_event("info", "started")
    return store


@pytest.mark.parametrize("frame", FRAMES)
def test_empty_frames_have_their_columns(store: Store, study: StudyRecord, frame):
    found = frame(store, "digits")
    assert len(found) == 0
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        name: dtype for name, (dtype, _) in FRAMES[frame].items()
    }


@pytest.mark.parametrize("frame", FRAMES)
def test_filled_frames_keep_their_dtypes(filled: Store, frame):
    found = frame(filled, "digits")[list(FRAMES[frame])]
    assert len(found) > 0
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        name: dtype for name, (dtype, _) in FRAMES[frame].items()
    }
    assert all(meaning for _, meaning in FRAMES[frame].values())


def test_trials_have_costs_and_holes(filled: Store):
    found = frames.trials(filled, "digits")
    assert found["params"].tolist() == [40, pd.NA]
    assert {name: str(found[name].dtype) for name in found if name.startswith("hole.")} == {
        "hole.a.kernel": "int64",
        "hole.b": "str",
        "hole.c.lr": "float64",
        "hole.d": "boolean",
        "hole.e": "object",
    }
    assert found["hole.e"].tolist() == [3, "big"]
    assert found["hole.c.lr"].isna().tolist() == [False, True]
    assert found["candidate"][0] == {"training": {"epochs": 12}}
    assert found["candidate"][1] is None


def test_progress_has_a_column_per_metric(filled: Store):
    found = frames.progress(filled, "digits")
    assert found["val_accuracy"].tolist() == [0.5, 0.6]
    assert found["val_loss"].isna().tolist() == [True, True]
    assert found["images"].tolist() == [1000, 2000]


def test_architectures_are_those_of_the_study(filled: Store):
    (row,) = frames.architectures(filled, "digits").to_dict("records")
    assert row["shape"] == [1, 8, 8]
    assert row["table"] == [{"kind": "conv", "params": 40}]


def test_unknown_study_names_the_nearest(store: Store, study: StudyRecord):
    with pytest.raises(StoreError, match=r"has no study 'digit' \(did you mean 'digits'\?\)"):
        frames.trials(store, "digit")


def test_finals_that_were_begun_again_are_told_once(store: Store, study: StudyRecord):
    row = FinalRow(trial=0, seed=1, split="validation", metric="accuracy", value=0.5)
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        for other in (row, replace(row, seed=2), replace(row, value=0.7)):
            hold.add_final(other)
    assert frames.finals(store, "digits")["value"].tolist() == [0.7, 0.5]
