"""The statistics of the report, compared as frames."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from report_studies import CLASSES, HOSTILE, architecture_row, candidate, confusion

from autocnn.api import language
from autocnn.report.axis import UNUSED, Axis, wrapped
from autocnn.report.classes import confusions, constant, per_class
from autocnn.report.cost import cost_frame
from autocnn.report.curves import learning_curves
from autocnn.report.failures import failures, warnings
from autocnn.report.holes import effects
from autocnn.report.layers import label, layer_frame, short
from autocnn.report.objective import Objective, duration
from autocnn.report.parallel import parallel, parallel_figure
from autocnn.report.progress import best_figure, best_over_seconds, best_over_trials, span
from autocnn.report.ranks import evenly
from autocnn.report.reproduce import candidate_text, commands
from autocnn.report.summary import budget_used, results, state_counts, winner
from autocnn.report.theme import LIGHT, log_ticks
from autocnn.space import read_candidate
from autocnn.store import Store, frames

UP, DOWN = Objective(), Objective("val_loss", False)
BEGIN = pd.Timestamp(2026, 11, 22, 9, tz="UTC")


def trials_of(values: list[float | None], **columns: list[Any]) -> pd.DataFrame:
    count = range(len(values))
    base = {"number": list(count), "state": ["completed"] * len(values), "best_value": values}
    return pd.DataFrame(base | columns)


def test_best_over_trials_follows_the_direction_and_leaves_out_what_does_not_count() -> None:
    states = ["completed", "stopped", "failed", "duplicate", "paused", "infeasible"]
    trials = trials_of([0.5, 0.4, 0.9, 0.8, 0.6, None], state=states)
    expected = pd.DataFrame({"number": [0, 1, 4], "value": [0.5, 0.4, 0.6]})
    for objective, best in ((UP, [0.5, 0.5, 0.6]), (DOWN, [0.5, 0.4, 0.4])):
        assert_frame_equal(best_over_trials(trials, objective), expected.assign(best=best))


def test_one_value_is_a_dot_at_a_whole_trial_and_at_a_plain_second() -> None:
    frame = pd.DataFrame({"number": [0], "value": [0.8], "best": [0.8]})
    made = best_figure(frame, UP, "number")
    assert (made.data[-1].mode, made.layout.xaxis.dtick) == ("markers", 1)
    times = [BEGIN + pd.Timedelta(milliseconds=place) for place in (3, 17, 40)]
    progress = pd.DataFrame(
        {"created": times, "trial": 0, "epoch": [1.0, 2.0, 3.0], "val_accuracy": 0.5}
    )
    found = best_over_seconds(progress, UP, BEGIN, progress["created"], 0.0)
    assert found["seconds"].tolist() == [0.0] * 3


@pytest.mark.parametrize("night", [0, 30_000])
def test_best_over_seconds_takes_out_the_time_between_runs(night: int) -> None:
    moments = [BEGIN + timedelta(seconds=second) for second in (10, 20, night + 30, night + 40)]
    progress = pd.DataFrame(
        {
            "trial": [0, 1, 0, 1],
            "epoch": [1.0, 1.0, 2.0, 2.0],
            "created": pd.Series(moments, dtype="datetime64[us, UTC]"),
            "val_accuracy": [0.5, 0.4, None, 0.7],
        }
    )
    found = best_over_seconds(progress, UP, BEGIN, progress["created"], 40.0)
    expected = pd.DataFrame(
        {
            "seconds": [10.0, 20.0, 40.0],
            "trial": [0, 1, 1],
            "epoch": [1.0, 1.0, 2.0],
            "value": [0.5, 0.4, 0.7],
            "best": [0.5, 0.5, 0.7],
        }
    )
    assert found["seconds"].iloc[-1] == pytest.approx(40.0)
    if not night:
        assert_frame_equal(found, expected)
    else:
        assert_frame_equal(found.drop(columns="seconds"), expected.drop(columns="seconds"))


def test_learning_curves_are_at_most_200_and_span_best_to_worst(finished: Store) -> None:
    many = trials_of([number / 1000 for number in range(1000)])
    progress = pd.DataFrame(
        {"trial": range(1000), "epoch": [1.0] * 1000, "val_accuracy": many["best_value"]}
    )
    found = learning_curves(progress, many, UP)
    assert found["trial"].nunique() == 200
    assert (found["trial"].iloc[0], found["trial"].iloc[-1]) == (999, 0)

    stored = learning_curves(
        frames.progress(finished, "fashion"), frames.trials(finished, "fashion"), UP
    )
    best = stored[stored["rank"] == 0]
    assert best["epoch"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert best["value"].max() == stored["value"].max()


def test_axes_show_all_values_but_far_outliers_on_the_worse_side() -> None:
    close = pd.Series([0.94, 0.97, 0.99])
    far = pd.Series([0.1, *[0.8 + 0.005 * step for step in range(21)]])
    for values, lowest in ((close, 0.94), (far, 0.7)):
        low, high = span(values, UP) or (1, 0)
        assert lowest - 0.02 < low < lowest < values.max() < high
        assert span(-values, DOWN) == [-high, -low]
    assert span(pd.Series([0.5, 0.5]), UP) == [0.49, 0.51]
    assert span(pd.Series(dtype=float), UP) is None


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (997, 200)])
def test_evenly_keeps_both_ends_and_never_repeats(count: int, most: int) -> None:
    found = evenly(count, most)
    assert len(found) == len(set(found)) == min(count, most)
    assert not count or (found[0], found[-1]) == (0, count - 1)


def test_the_front_of_cost_has_what_nothing_cheaper_beats() -> None:
    trials = trials_of(
        [0.7, 0.8, 0.75, 0.8, 0.9, 0.95],
        params=pd.Series([10, 20, 30, 40, 40, None], dtype="Int64"),
        macs=pd.Series([40, 30, 20, 10, 50, None], dtype="Int64"),
        images=[10, 20, 20, 40, 40, 40],
        horizon=pd.Series([40, 40, 40, 40, 40, None], dtype="Int64"),
    )
    found = cost_frame(trials, UP)
    assert found["number"].tolist() == [0, 1, 2, 3, 4]
    assert found["trained"].tolist() == [0.25, 0.5, 0.5, 1.0, 1.0]
    assert found["params_front"].tolist() == [True, True, False, False, True]
    assert found["macs_front"].tolist() == [False, False, False, True, True]
    ticks = log_ticks(found["params"], short)
    assert dict(zip(ticks["tickvals"], ticks["ticktext"], strict=True))[20.0] == "20"
    assert log_ticks(pd.Series([0.51, 0.53]), str) == {}, "plotly finds better ones"


def test_effects_find_the_hole_that_matters_and_only_where_it_is_open() -> None:
    wide = [number % 2 == 0 for number in range(40)]
    trials = trials_of(
        [0.5 + 0.2 * is_wide + 0.01 * (number % 3) for number, is_wide in enumerate(wide)],
        **{
            "hole.wide": wide,
            "hole.wide.depth": pd.Series(
                [n % 3 if w else None for n, w in enumerate(wide)], dtype="Int64"
            ),
            "hole.noise": [0.1 * (number % 7) for number in range(40)],
            "hole.fixed": ["a"] * 40,
        },
    )
    found = effects(trials).set_index("hole")
    assert found.index[0] == "wide"
    assert found.loc["wide", "effect"] > 0.95
    assert found.loc["wide.depth", "trials"] == 20
    assert found.loc["wide.depth", "effect"] < 0.02
    assert found.loc["noise", "effect"] < 0.1
    assert "fixed" not in found.index


def test_equal_values_whose_mean_is_rounded_have_no_effect() -> None:
    assert sum([0.1] * 3) / 3 != 0.1
    used = pd.Series([1, 1, 2, None], dtype="Int64")
    found = effects(trials_of([0.1] * 4, **{"hole.width": used}))
    assert found["effect"].tolist() == [0.0]


def test_parallel_lines_handle_categories_conditions_logs_and_one_value(finished: Store) -> None:
    trials = frames.trials(finished, "fashion")
    holes = effects(trials)["hole"].tolist()
    axes, lines = parallel(trials, UP, holes)
    kinds = {axis.hole: axis.kind for axis in axes}
    assert kinds["training.optimizer"] == kinds["architecture.0.conv.width"] == "categories"
    assert kinds["training.optimizer.sgd.lr"] == "log"
    sgd = trials.set_index("number")["hole.training.optimizer"] == "sgd"
    unused = lines[lines["hole"] == "training.optimizer.sgd.lr"].set_index("number")
    assert (unused["text"] == "not used").equals(~sgd.loc[unused.index].rename("text"))
    inside = lines.loc[lines["text"] != "not used", "position"]
    assert inside.between(-0.05, 1.05).all()
    assert lines["position"].min() > UNUSED - 0.05
    assert lines.groupby("number").size().eq(len(axes)).all()
    figure = parallel_figure(axes, lines, UP)
    assert sum(trace.x.count(None) for trace in figure.data) == lines["number"].nunique()
    assert [trace.line.color for trace in figure.data][-1] == LIGHT["best"]
    one_axis, _ = parallel(trials[trials["number"] == 3], UP, [holes[0]])
    assert [axis.kind for axis in one_axis] == ["categories", "categories"]


@pytest.mark.parametrize(
    ("values", "kind", "middle"),
    [
        ([3, 5, 7], "categories", 0.5),
        ([True, False], "categories", 0.0),
        (["b", "a", "c"], "categories", 0.5),
        ([float(number) for number in range(1, 10)], "number", 0.5),
        ([10.0**-number for number in range(9)], "log", 0.5),
    ],
)
def test_axes(values: list[Any], kind: str, middle: float) -> None:
    axis = Axis.of("x", pd.Series(values))
    assert axis.kind == kind
    assert axis.position(sorted(values)[(len(values) - 1) // 2]) == pytest.approx(middle)
    assert axis.position(None) == axis.position(pd.NA) == axis.position(float("nan")) == UNUSED


def test_hole_names_are_broken_and_escaped() -> None:
    assert wrapped("architecture.1.r0.0.conv.kernel") == "architecture.1<br>r0.0.conv<br>kernel"
    assert "<img" not in wrapped(HOSTILE)


def test_states_and_budget(finished: Store) -> None:
    trials = frames.trials(finished, "fashion")
    found = state_counts(trials).set_index("state")["trials"].to_dict()
    assert found == {
        "completed": 5, "stopped": 18, "paused": 1, "waiting": 1,
        "duplicate": 1, "infeasible": 3, "failed": 1,
    }  # fmt: skip
    assert found == trials["state"].value_counts().to_dict()
    used = budget_used(trials, frames.progress(finished, "fashion"), 581.2, {"time": 1800.0})
    used = used.set_index("kind")
    assert used["used"].to_dict() == {
        "time": 581.2, "trials": 25.0, "epochs": 96.0, "images": 5 * 24_000 + 19 * 6_000.0,
    }  # fmt: skip
    assert used.loc["time", "share"] == pytest.approx(581.2 / 1800)
    assert used["limit"].isna().tolist() == [False, True, True, True]
    folds = budget_used(trials, frames.progress(finished, "fashion"), 1.0, {}, networks=5)
    assert folds["used"].tolist() == [1.0, 25.0, 480.0, 5 * 234_000.0]


def test_the_result_is_what_the_finals_tested(finished: Store) -> None:
    trials, finals = frames.trials(finished, "fashion"), frames.finals(finished, "fashion")
    assert winner(trials, finals, UP) == 13
    validation, test = results(trials, finals, UP, 13, {"validation": 600, "test": 1000})
    assert (validation.split, validation.value, validation.kind) == ("validation", 0.893, "wilson")
    assert (test.value, test.low, test.high, test.images) == (0.935, 0.918, 0.949, 1000)
    assert (validation.seeds, test.seeds) == ((2,), (1,))


def test_a_t_interval_over_seeds_goes_before_single_runs(finished: Store) -> None:
    trials, finals = frames.trials(finished, "fashion"), frames.finals(finished, "fashion")
    finals.loc[finals["split"] == "validation", "interval"] = "t"
    validation, _ = results(trials, finals, UP, 13, {})
    assert (validation.kind, validation.seeds, validation.images) == ("t", (1, 2), 0)


def test_before_the_finals_the_best_trial_is_the_result() -> None:
    states = ["failed", "duplicate", "stopped", "completed"]
    trials = trials_of([0.99, 0.95, 0.95, 0.9], state=states)
    finals = pd.DataFrame(columns=["trial", "seed", "split", "metric", "value", "details"])
    assert winner(trials, finals, UP) == 2
    assert winner(trials, finals, DOWN) == 3
    assert winner(trials.iloc[:0], finals, UP) is None
    (found,) = results(trials, finals, UP, 2, {"validation": 100})
    assert (found.value, found.kind, found.images, found.seeds) == (0.95, "wilson", 100, ())
    assert (found.low, found.high) == pytest.approx((0.8882, 0.9785), abs=1e-4)
    (loss,) = results(trials, finals, DOWN, 3, {"validation": 100})
    assert (loss.metric, loss.low, loss.kind) == ("val_loss", None, None)


def test_per_class_values_agree_with_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_fscore_support

    matrix = confusion()
    true = [row for row in range(8) for column in range(8) for _ in range(matrix[row][column])]
    guess = [column for row in range(8) for column in range(8) for _ in range(matrix[row][column])]
    expected = precision_recall_fscore_support(true, guess)
    found = per_class(matrix, CLASSES)
    columns = ["precision", "recall", "f1", "images"]
    for column, values in zip(columns, expected, strict=True):
        assert found[column].to_numpy() == pytest.approx(values)
    assert ((found["low"] < found["recall"]) & (found["recall"] < found["high"])).all()


def test_classes_without_images_or_guesses_are_undefined_not_zero() -> None:
    found = per_class([[3, 0, 0], [1, 0, 0], [0, 0, 0]], "abc")
    assert found["precision"].isna().tolist() == [False, True, True]
    assert found["recall"].isna().tolist() == [False, False, True]
    assert found["f1"].isna().tolist() == [False, False, True]


def test_t04_one_prediction_for_all_images_is_told() -> None:
    assert "every image for b" in constant([[0, 5], [0, 9]], "ab")
    assert constant([[1, 5], [0, 9]], "ab") == ""


def test_confusions_are_the_most_frequent_mistakes() -> None:
    found = confusions([[5, 2, 0], [0, 9, 1], [3, 0, 0]], "abc")
    expected = pd.DataFrame(
        {"class": ["c", "a", "b"], "taken_for": ["a", "b", "c"], "images": [3, 2, 1],
         "share": [1.0, 2 / 7, 0.1]}
    )  # fmt: skip
    assert_frame_equal(found.reset_index(drop=True), expected)


def test_failures_are_counted_by_reason(finished: Store) -> None:
    found = failures(frames.trials(finished, "fashion"))
    assert found[["state", "reason", "trials"]].to_numpy().tolist() == [
        ["failed", "non-finite", 1],
        ["infeasible", "constraint", 2],
        ["infeasible", "shape", 1],
    ]
    assert found["numbers"].tolist() == [[27], [25, 26], [24]]
    assert HOSTILE in found["detail"].iloc[0]


def test_warnings_are_gathered() -> None:
    now = datetime.now(UTC)
    events = pd.DataFrame(
        {"level": ["info", "warning", "error", "warning"], "message": ["a", "b", "c", "b"],
         "created": [now + timedelta(seconds=second) for second in range(4)]}
    )  # fmt: skip
    found = warnings(events)
    assert found[["message", "times"]].to_numpy().tolist() == [["b", 2], ["c", 1]]


def test_the_layer_frame_names_what_is_not_usual() -> None:
    row = architecture_row()
    found = layer_frame(row.table)
    top = found[found["depth"] == 0]
    assert top["params"].sum() == row.params
    assert top["macs"].sum() == row.macs
    assert top["share"].sum() == pytest.approx(1)
    assert found["layer"].iloc[0] == "conv 3\N{MULTIPLICATION SIGN}3, 16"
    assert found["details"].iloc[0] == "batch · relu"
    assert "mixer" in found["layer"].tolist()
    assert found["depth"].max() == 2
    options = {"channels": 8, "kernel": [1, 7], "stride": [2, 1], "groups": 8, "bias": False}
    assert label({"kind": "conv", "name": "", "options": options}) == (
        "conv 1\N{MULTIPLICATION SIGN}7, 8",
        "stride 2\N{MULTIPLICATION SIGN}1 · groups 8",
    )


def test_the_best_candidate_is_text_in_the_language() -> None:
    document = candidate().to_json()
    text = candidate_text(document)
    assert read_candidate(text, language()).digest == candidate().digest
    lines = 1 + 3 + 1 + len(document["architecture"]) + 1 + len(document["training"])
    assert len(text.splitlines()) == lines
    assert candidate_text(None) == ""


def test_commands_can_be_pasted(finished: Store) -> None:
    study = finished.studies()[0]
    named = replace(study, name="a study; rm")
    assert [command for _, command in commands(named, 3)] == [
        "autocnn search 'a study; rm.yaml'",
        "autocnn describe 'a study; rm:3'",
        "autocnn best 'a study; rm' -o best",
        "autocnn report 'a study; rm' -o report.html",
    ]
    assert len(commands(study, None)) == 2


def test_words_for_numbers() -> None:
    counts = (0, 999, 1000, 12_345, 999_999, 1.25e6, 3e9)
    assert [short(number) for number in counts] == [
        "0", "999", "1 k", "12.3 k", "1 M", "1.25 M", "3 G",
    ]  # fmt: skip
    spans = (0.25, 59.4, 60, 581.2, 3600, 93_600)
    assert [duration(seconds) for seconds in spans] == [
        "0.25 s", "59.4 s", "1 min", "9 min 41 s", "1 h", "26 h",
    ]  # fmt: skip
    assert (UP.text(0.93845), DOWN.text(0.2137), UP.text(None)) == ("93.84 %", "0.2137", "–")
    assert Objective.of({"objectives": {"val_accuracy": None, "val_loss": "minimize"}}) == DOWN
    assert Objective.of({}) == UP
