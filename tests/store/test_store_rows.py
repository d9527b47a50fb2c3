"""What is written comes out again, each write whole or not at all."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_values import new_point, new_study, new_trial

from autocnn.errors import StoreError
from autocnn.store import (
    ArtifactRow,
    Checkpoint,
    DecisionRow,
    FinalRow,
    NewStudy,
    NewTrial,
    Store,
    StudyRecord,
)

SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text()


def test_study_comes_back_as_created(store: Store, study: StudyRecord):
    assert {f.name: getattr(study, f.name) for f in fields(NewStudy)} == vars(new_study())
    assert store.study("digits") == study
    assert store.study("other") is None
    assert study.seconds == 0.0
    assert study.holder is None
    assert study.created.utcoffset().total_seconds() == 0
    second = store.create_study(new_study("second"))
    assert [known.id for known in store.studies()] == [study.id, second.id]


def test_study_name_is_taken_once(store: Store, study: StudyRecord):
    with pytest.raises(StoreError, match=r"has a study 'digits' already \[Y37\]"):
        store.create_study(new_study())
    assert store.studies() == [study]


@pytest.mark.parametrize(
    "name",
    [
        "\udcff",
        "",
        "x" * 201,
        "a\0b",
        "a\nb",
        "a\n",
        "a/b",
        "..",
        " ",
        "a\\b",
        "\x1b[1m",
        "\u65e5" * 100,
    ],
)
def test_y38_study_name_rule(store: Store, name: str):
    with pytest.raises(StoreError, match=r"1 to 200 letters.*\[Y38\]"):
        store.create_study(new_study(name))
    assert store.studies() == []
    assert store.study(name) is None


@pytest.mark.parametrize("name", ["a", "x" * 200, "Fashion 2.1_b-c", "\u65e5\u672c"])
def test_y38_legal_study_names(store: Store, name: str):
    assert store.create_study(new_study(name)).name == name


def test_trial_life(store: Store, study: StudyRecord):
    checkpoint = Checkpoint(path="digits/0.pt", sha256="e" * 64, images=1000)
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0, notes={"tpe": [1, 2]}, parent=None, horizon=12000, seed=7))
        (waiting,) = store.trials(study.id)
        hold.update_trial(0, state="running", worker="w0", device="cpu")
        (running,) = store.trials(study.id)
        pause = DecisionRow(trial=0, rung=1000, action="pause", by="asha", rivals=1)
        assert hold.add_progress(
            0,
            new_point(1000),
            [pause],
            {"state": "paused", "reason": "rung", "images": 1000, "checkpoint": checkpoint},
        )
        (paused,) = store.trials(study.id)
        promote = replace(pause, action="promote", threshold=0.4)
        hold.update_trial(0, state="running", decisions=[promote])
        hold.update_trial(0, state="completed", reason=None, best_value=0.5, checkpoint=None)
    (completed,) = store.trials(study.id)
    assert (waiting.state, waiting.started, waiting.notes) == ("waiting", None, {"tpe": [1, 2]})
    assert waiting.architecture == "a" * 64
    assert waiting.candidate == {"training": {"epochs": 12}}
    assert running.started >= running.created
    assert (paused.state, paused.images, paused.finished) == ("paused", 1000, None)
    assert paused.checkpoint == checkpoint
    assert completed.started == running.started
    assert completed.finished > completed.started
    assert (completed.best_value, completed.checkpoint) == (0.5, None)
    assert [decision.action for decision in store.decisions(study.id)] == ["pause", "promote"]
    (point,) = store.progress(study.id)
    assert {key: getattr(point, key) for key in vars(new_point())} == vars(new_point())


def test_final_trial_needs_no_candidate(store: Store, study: StudyRecord):
    with store.hold(study.id) as hold:
        hold.add_trial(
            NewTrial(number=0, values={}, state="infeasible", reason="shape", detail="0x0")
        )
    (trial,) = store.trials(study.id)
    assert (trial.candidate, trial.architecture) == (None, None)
    assert trial.finished is not None


def test_point_written_twice_is_kept_once(store: Store, study: StudyRecord):
    pause = DecisionRow(trial=0, rung=1000, action="pause", by="asha")
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        assert hold.add_progress(0, new_point(val_loss=math.nan), [pause])
        assert not hold.add_progress(0, new_point(val_loss=math.nan), [pause])
        assert store.events(study.id) == []
        assert not hold.add_progress(0, new_point(val_loss=0.5))
    (event,) = store.events(study.id)
    assert event.level == "warning"
    assert event.message.startswith("nondeterministic: trial 0 at 1000 images")
    (point,) = store.progress(study.id)
    assert point.metrics == {"val_loss": None}
    assert len(store.decisions(study.id)) == 1


def test_finals_artifacts_and_events_keep_their_order(store: Store, study: StudyRecord):
    final = FinalRow(
        trial=0, seed=1, split="test", metric="accuracy", value=0.9, low=0.8, high=0.95,
        interval="wilson", details={"confusion": [[1, 0], [0, 1]]},
    )  # fmt: skip
    file = ArtifactRow(kind="bundle", path="digits/bundle", bytes=10, sha256="b" * 64)
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        for seed in (3, 1, 2):
            hold.add_final(replace(final, seed=seed))
            hold.add_artifact(replace(file, bytes=seed))
            hold.add_event("info", f"seed {seed}")
    assert [row.seed for row in store.finals(study.id)] == [3, 1, 2]
    assert [row.bytes for row in store.artifacts(study.id)] == [3, 1, 2]
    assert [row.message for row in store.events(study.id)] == ["seed 3", "seed 1", "seed 2"]
    assert store.finals(study.id)[0].details == final.details


def test_heartbeats_add_up(store: Store, study: StudyRecord):
    with store.hold(study.id) as hold:
        hold.heartbeat(5.0)
        hold.heartbeat(2.5)
        hold.set_study(state="finished", phase="finals")
    found = store.study("digits")
    assert (found.seconds, found.state, found.phase) == (7.5, "finished", "finals")


@given(values=st.dictionaries(st.text(), SCALARS, max_size=4), text=st.text())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_value_survives(store: Store, values: dict[str, object], text: str):
    name = f"s{len(store.studies())}"
    study = store.create_study(new_study(name))
    with store.hold(study.id) as hold:
        hold.add_trial(NewTrial(number=0, values=values, detail=text))
    (trial,) = store.trials(study.id)
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }
    assert trial.values == finite
    assert trial.detail == text.encode(errors="replace").decode().replace("\0", "?")


def test_failed_write_leaves_nothing(store: Store, study: StudyRecord):
    orphan = DecisionRow(trial=9, rung=1000, action="pause", by="asha")
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        with pytest.raises(StoreError, match=r"(?i)foreign key constraint"):
            hold.add_progress(0, new_point(), [orphan], {"images": 1000})
        with pytest.raises(KeyError, match="no trial 9"):
            hold.update_trial(9, images=1)
    assert store.progress(study.id) == []
    assert store.trials(study.id)[0].images == 0


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda hold: hold.update_trial(0, state="done"), "trial state must be one of waiting, "),
        (lambda hold: hold.update_trial(0, reason="bad"), "trial reason must be one of patience"),
        (lambda hold: hold.set_study(state="done"), "study state must be one of running, "),
        (lambda hold: hold.add_event("loud", "x"), "level must be one of info, warning, error"),
        (lambda _: new_trial(0, state="done"), "trial state must be one of waiting, "),
        (lambda _: replace(new_study(), state="done"), "study state must be one of running, "),
        (
            lambda _: DecisionRow(trial=0, rung=1, action="kill", by="asha"),
            "action must be one of promote, pause, stop, complete, but got 'kill'",
        ),
        (
            lambda _: FinalRow(trial=0, seed=0, split="train", metric="accuracy", value=1.0),
            "split must be one of validation, test, but got 'train'",
        ),
    ],
)
def test_words_come_from_closed_lists(store: Store, study: StudyRecord, write, message: str):
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        with pytest.raises(ValueError, match=message):
            write(hold)
