"""What the table of learning curves says of stopping rules, and of what is known earlier.

    python benchmarks/curves.py replay    # judges every stopping rule by it, in seconds
    python benchmarks/curves.py ranks     # how costs, scores and early accuracies rank, in minutes

What the table has and what made it is told by `curve_table.py`.

The replay gives each rule the candidates in random order, one worker and a budget of epochs; the
rule's own decisions on a real history say what is trained. No job is begun that the budget does
not allow. Then the best trial is chosen as the finals do; its regret, in points, is the accuracy
after 12 epochs of the best candidate of all less its own, whether or not it was trained so far in
the search: finals train anew. `of three` is the regret of the best one of three finalists.

The ranks are Spearman's correlations, over candidates, with the accuracy after 12 epochs, and 95 %
intervals by Fisher's transformation.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
from collections.abc import Mapping
from pathlib import Path

from curve_table import EPOCHS, IMAGES, TABLE, Curve, drawn, read, small
from scipy.stats import spearmanr

from autocnn.data import DataOptions, open_data
from autocnn.search.history import History
from autocnn.search.stopping import STOPPING, StoppingRule, TopK
from autocnn.search.trial import Trial
from autocnn.training.scores import SCORES
from autocnn.training.scoring import initial_scores


def train(trial: Trial, curve: Curve) -> None:
    """Let a trial reach its next rung, as the table has it."""
    level = trial.next_level
    assert level is not None
    for epoch, accuracy, seconds in zip(
        curve.epochs, curve.accuracies, curve.seconds, strict=True
    ):
        images = round(epoch * IMAGES)
        if trial.images < images:
            trial.images, trial.seconds = images, seconds
            trial.note(images, accuracy)
        if images >= level:
            break
    end = trial.next_level is None
    trial.state, trial.reason = ("completed", None) if end else ("paused", "rung")


def searched(rule: StoppingRule, curves: list[Curve], budget: float, trials: int) -> History:
    """A search with one worker over these candidates, within a budget of epochs."""
    history = History()
    ladder = tuple(round(level * IMAGES) for level in rule.epochs(EPOCHS))
    while True:
        more = len(history.trials) < min(trials, len(curves))
        if decision := rule.decide(history.standing(more=more)):
            trial = history.follow(decision)
            if trial.state == "stopped":
                continue
        elif more:
            trial = Trial(len(history.trials), {}, None, "running", ladder=ladder)
            history.add(trial)
        else:
            return history
        used = sum(other.images for other in history.trials) - trial.images
        if used + (trial.next_level or 0) > budget * IMAGES:
            return history
        train(trial, curves[trial.number])


def replay(table: Path, rules: list[StoppingRule], budgets: list[float], seeds: int) -> None:
    """Print mean regrets with their standard errors, and what was used, for each budget."""
    curves = of_kind(table, "first")
    best = max(curve.accuracies[-1] for curve in curves)
    print(f"{len(curves)} candidates, {seeds} orders of them")
    print("| rule | budget | trials | epochs | seconds | regret | of three |")
    print("|---|---|---|---|---|---|---|")
    for budget in budgets:
        for rule in rules:
            rows = []
            for seed in range(seeds):
                order = random.Random(seed).sample(curves, len(curves))
                keep = rule.keep if isinstance(rule, TopK) else 0
                trials = round((budget - keep * (EPOCHS - 1)) if keep else len(curves))
                history = searched(rule, order, budget, max(1, trials))
                chosen = [order[trial.number].accuracies[-1] for trial in history.ranked()[:3]]
                rows.append(
                    (
                        len(history.trials),
                        sum(trial.images for trial in history.trials) / IMAGES,
                        sum(trial.seconds for trial in history.trials),
                        100 * (best - chosen[0]) if chosen else math.nan,
                        100 * (best - max(chosen)) if chosen else math.nan,
                    )
                )
            means = [statistics.fmean(column) for column in zip(*rows, strict=True)]
            error = statistics.stdev(row[3] for row in rows) / math.sqrt(len(rows))
            print(
                f"| {rule.word} | {budget:g} | {means[0]:.1f} | {means[1]:.1f} | {means[2]:.0f} "
                f"| {means[3]:.2f} ± {error:.2f} | {means[4]:.2f} |",
                flush=True,
            )


def ranks(table: Path) -> None:
    """Print how what is known before the end ranks the candidates."""
    curves = {curve.candidate: curve for curve in of_kind(table, "first")}
    last = {number: curve.accuracies[-1] for number, curve in curves.items()}
    known: dict[str, Mapping[int, float]] = {
        "params": {number: curve.params for number, curve in curves.items()},
        "macs": {number: curve.macs for number, curve in curves.items()},
    }
    data = small(open_data(DataOptions(source="fashion-mnist", validation=0.1)))
    candidates = zip(range(max(curves) + 1), drawn(data.shape, len(data.classes)), strict=False)
    scored = {
        number: initial_scores([score() for score in SCORES.values()], candidate, data, number)
        for number, candidate in candidates
        if number in curves
    }
    for word in SCORES:
        known[word] = {number: own[word] for number, own in scored.items() if word in own}
    for place, epoch in enumerate(next(iter(curves.values())).epochs[:-1]):
        name = f"accuracy after {epoch:g} epochs"
        known[name] = {number: curve.accuracies[place] for number, curve in curves.items()}
    for kind, name in (("second", "another seed"), ("all", "12 epochs on all images")):
        known[name] = {curve.candidate: curve.accuracies[-1] for curve in of_kind(table, kind)}
    print(f"{len(curves)} candidates, {100 * statistics.stdev(last.values()):.2f} points apart")
    print("| known | candidates | rank correlation |")
    print("|---|---|---|")
    for name, values in known.items():
        both = sorted(values.keys() & last.keys())
        if len(both) > 3:
            rho = float(spearmanr([values[n] for n in both], [last[n] for n in both]).statistic)
            spread = 1.96 / math.sqrt(len(both) - 3)
            low, high = (math.tanh(math.atanh(rho) + side * spread) for side in (-1, 1))
            print(f"| {name} | {len(both)} | {rho:.2f} ({low:.2f} to {high:.2f}) |", flush=True)


def of_kind(table: Path, kind: str) -> list[Curve]:
    """The trainings of a kind."""
    return [curve for curve in read(table) if curve.kind == kind]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["replay", "ranks"])
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument(
        "--rules", nargs="+", default=[name for name in STOPPING if name != "default"]
    )
    parser.add_argument("--budgets", nargs="+", type=float, default=[30, 60, 120, 240])
    parser.add_argument("--seeds", type=int, default=200, help="orders of the candidates")
    given = parser.parse_args()
    if not of_kind(given.table, "first"):
        raise SystemExit(f"there is no table {given.table}: curve_table.py records one")
    if given.command == "replay":
        rules = [STOPPING[word]() for word in given.rules]
        replay(given.table, rules, given.budgets, given.seeds)
    else:
        ranks(given.table)


if __name__ == "__main__":
    main()
