"""What a study tells about its rungs."""

from __future__ import annotations

import pandas as pd
import pytest

from autocnn.report.objective import Objective
from autocnn.report.rung_audit import RungAudit, advice, level_frame, seed_noise
from autocnn.report.study_frames import StudyFrames
from autocnn.store import Store

LAST = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
FIRST = [0.3, 0.2, 0.25, 0.1, 0.15, 0.05]


def points() -> pd.DataFrame:
    """Six trials: upside down after a quarter of an epoch, in order from the first one on."""
    rows = [(n, 25, FIRST[n]) for n in range(6)]
    rows += [(n, images, LAST[n]) for n in range(6) for images in (100, 200)]
    rows += [(6, 25, 0.9)]  # was stopped
    frame = pd.DataFrame(rows, columns=["trial", "images", "val_accuracy"])
    return frame.assign(epoch=frame["images"] / 100)


def test_levels_are_rungs_and_epochs_of_trials_that_came_to_their_end() -> None:
    decisions = pd.DataFrame({"rung": [25, 200]})
    levels = level_frame(decisions, points(), set(range(6)), Objective())
    assert levels["epoch"].tolist() == [0.25, 1.0]
    assert levels["trials"].tolist() == [6, 6]
    assert levels["correlation"].iloc[0] < -0.8
    assert levels["correlation"].iloc[1] == pytest.approx(1.0)
    assert "from 1 epoch on" in advice(levels, 6, 25)
    assert advice(levels, 6, 100) == "the first rung, 1 epoch, ranks well enough"
    assert "no rung ranks as the end does" in advice(levels.iloc[:1], 6, 25)


def test_noise_is_pooled_over_candidates_with_several_seeds() -> None:
    rows = [(0, 1, 0.90), (0, 2, 0.94), (1, 1, 0.80), (1, 2, 0.84), (2, 1, 0.5), (0, 1, 0.90)]
    finals = pd.DataFrame(rows, columns=["trial", "seed", "value"])
    finals = finals.assign(split="validation", metric="accuracy", interval=None)
    noise, repeats = seed_noise(finals, Objective())
    assert (noise, repeats) == (pytest.approx(0.04 / 2**0.5), 2)
    assert seed_noise(finals.iloc[[0, 4]], Objective()) == (None, 0)
    mean = finals.iloc[[0]].assign(value=0.92, interval="t")  # recorded ahead, with the first seed
    assert seed_noise(pd.concat([mean, finals]), Objective()) == (noise, repeats)


def test_a_study_is_audited(finished: Store) -> None:
    found = RungAudit.of(StudyFrames.read(finished, "fashion"))
    assert found.complete > 0
    assert found.advice
    assert set(found.to_json()) == {"levels", "complete", "noise", "repeats", "advice"}
