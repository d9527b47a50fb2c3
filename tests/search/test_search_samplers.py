"""Our samplers in anyone's plain Optuna study and in ours: what they keep and what they find."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import optuna
import pytest
import synthetic
import threadpoolctl
from optuna.distributions import CategoricalDistribution
from test_search_proposer import SMALL, intake

from autocnn.search import samplers
from autocnn.search.history import History
from autocnn.search.proposer import Proposer
from autocnn.search.samplers import HistorySampler
from autocnn.search.samplers import surrogate as model
from autocnn.search.samplers.conditions import Conditions
from autocnn.search.samplers.past import Past
from autocnn.search.samplers.variation import crossed, mutated
from autocnn.search.strategies import STRATEGIES, Wish

OURS = [getattr(samplers, name) for name in samplers.__all__ if name != "HistorySampler"]
optuna.logging.set_verbosity(optuna.logging.ERROR)


def network(trial: optuna.Trial) -> float:
    """Conditional, whole, real, logarithmic; the best has three layers and lr 0.1."""
    depth = trial.suggest_int("depth", 1, 3)
    widths = [trial.suggest_categorical(f"width{i}", [16, 32, 64]) for i in range(depth)]
    lr = trial.suggest_float("lr", 1e-4, 1.0, log=True)
    bonus = 0.0
    if trial.suggest_categorical("optimizer", ["sgd", "adam"]) == "sgd":
        bonus = trial.suggest_float("momentum", 0.0, 0.9)
    return sum(widths) / 64 + bonus - abs(np.log10(lr) + 1)


def choices(trial: optuna.Trial) -> float:
    """33 fillings, some with a hole that others lack."""
    value = trial.suggest_categorical("a", ["x", "y", None, *range(6)]) == "y"
    if value:
        value += trial.suggest_int("b", 0, 4, step=2)
    return value + trial.suggest_float("c", 0.0, 0.5, step=0.25) * 0.1 * (-1) ** value


def tried(study: optuna.Study) -> list[Mapping[str, Any]]:
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("sampler", OURS)
def test_a_plain_study_is_searched_without_repeats_by_its_seed(sampler: type) -> None:
    runs = []
    for seed in (1, 1, 2):
        study = optuna.create_study(direction="maximize", sampler=sampler(seed))
        study.optimize(network, n_trials=30)
        runs.append(tried(study))
    assert runs[0] == runs[1] != runs[2]
    assert len({frozenset(params.items()) for params in runs[0]}) == 30


def test_a_model_computes_in_one_thread_and_leaves_others_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def threads() -> set[int]:
        libraries = threadpoolctl.ThreadpoolController().select(internal_api="openblas").info()
        return {library["num_threads"] for library in libraries}

    def counted(*given: Any) -> Any:
        seen.append(threads())
        return likeness(*given)

    likeness, seen = model.likeness, list[set[int]]()
    monkeypatch.setattr(model, "likeness", counted)
    study = optuna.create_study(sampler=samplers.SurrogateSampler(0))
    study.optimize(network, n_trials=9)  # the last one asks a model, which loads the libraries
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        study.optimize(network, n_trials=1)
        assert threads() == {2}
    assert seen == [{1}, {1}]


@pytest.mark.parametrize("sampler", OURS)
def test_a_finite_study_ends_when_everything_was_tried_once(sampler: type) -> None:
    study = optuna.create_study(sampler=sampler(0))
    study.optimize(choices, n_trials=60)
    assert len({frozenset(params.items()) for params in tried(study)}) == 33
    assert len(study.trials) == 33


@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution")
@pytest.mark.parametrize("sampler", OURS)
def test_alternatives_may_be_lists(sampler: type) -> None:
    def layers(trial: optuna.Trial) -> float:
        widths = trial.suggest_categorical("widths", [[8, 16], [32], {"alike": [4]}, None])  # type: ignore[list-item]
        rate = trial.suggest_int("rate", 0, 2) if widths == [32] else 1
        return rate + trial.suggest_int("kernel", 0, 3)

    def told(params: Mapping[str, Any]) -> list[float]:
        return [len(params["widths"] or "")]

    study = optuna.create_study(sampler=sampler(0, features=told))
    study.optimize(layers, n_trials=40)
    assert len(set(map(str, tried(study)))) == len(study.trials) == 24
    study = optuna.create_study(sampler=sampler(0, feasible=lambda of: any(told(of))))
    study.optimize(layers, n_trials=9)
    assert None not in [params["widths"] for params in tried(study)[1:]]


@pytest.mark.parametrize("sampler", OURS)
def test_threads_may_share_a_sampler(sampler: type) -> None:
    shared = pickle.loads(pickle.dumps(sampler(0)))
    study = optuna.create_study(direction="maximize", sampler=shared)
    study.optimize(network, n_trials=40, n_jobs=4)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 40


@pytest.mark.parametrize("sampler", OURS)
def test_what_is_not_feasible_is_not_tried(sampler: type) -> None:
    def feasible(params: Mapping[str, Any]) -> bool:
        return bool(params["lr"] < 0.01)

    study = optuna.create_study(direction="maximize", sampler=sampler(0, feasible=feasible))
    study.optimize(network, n_trials=25)
    # The first trial is drawn before the sampler knows of any parameter.
    assert all(feasible(params) for params in tried(study)[1:])


def test_a_best_trial_without_better_neighbours_lets_every_third_trial_begin_anew() -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(0))
    names, past = ["a", "b"], Past()

    def climbs(*scores: float) -> list[list[int]]:
        """The trials that number 99 is made from, and those that number 100 is."""
        for score in scores:
            trial = study.ask({name: CategoricalDistribution([0, 1, 2]) for name in names})
            study.tell(trial, score)
        found = []
        for asking in (99, 100):
            past.read(study, asking)
            found.append(model.climb_of(past).tolist())
        return found

    assert climbs(1, 5, 4, 4, 4) == [[*range(5)], [*range(5)]]
    assert climbs(4) == [[], [*range(6)]]
    assert climbs(2, 1, 1, 3) == [[6, 9], [*range(10)]]
    assert climbs(*[1] * 11) == [[6, 9, 12, 15, 18], [*range(21)]]
    assert climbs(1) == [[], [*range(22)]]
    assert climbs(3, 3, 3) == [[24], [*range(25)]]
    assert climbs(6) == [[*range(26)], [*range(26)]]


def test_features_tell_a_model_what_choices_do_not() -> None:
    def hidden(params: Mapping[str, Any]) -> float:
        return float(np.sin(sum(v * 7**i for i, v in enumerate(params.values()))))

    def best(features: Any) -> float:
        found = []
        for seed in range(4):
            sampler = samplers.SurrogateSampler(seed, features=features)
            study = optuna.create_study(direction="maximize", sampler=sampler)
            study.optimize(
                lambda t: hidden({n: t.suggest_int(n, 0, 9) for n in "abcd"}), n_trials=20
            )
            found.append(np.mean([trial.value for trial in study.trials[10:]]))
        return float(np.mean(found))

    assert best(lambda params: [hidden(params)]) > best(None) + 0.3


@pytest.mark.parametrize("told", [None, 3.0, [np.nan], [[1.0]], ["a"], ()])
def test_features_are_finite_numbers(told: Any) -> None:
    first = iter([[1.0]] * 5)
    sampler = samplers.SurrogateSampler(0, startup=4, features=lambda _: next(first, told))
    study = optuna.create_study(sampler=sampler)
    with pytest.raises(ValueError, match=r"features\(params\) must give"):
        study.optimize(lambda trial: trial.suggest_int("n", 0, 99), n_trials=9)


def test_stopped_and_infeasible_trials_teach_too() -> None:
    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.report(x / 2, 1)
        if x < 0.8:
            raise optuna.TrialPruned
        trial.set_constraint("limit", x - 0.9)
        return x

    study = optuna.create_study(direction="maximize", sampler=samplers.SurrogateSampler(0))
    study.optimize(objective, n_trials=30)
    last = [params["x"] for params in tried(study)[15:]]
    assert sum(0.7 < x <= 0.92 for x in last) >= 10


def test_reading_what_is_new_is_as_reading_all() -> None:
    def objective(trial: optuna.Trial) -> float:
        value = network(trial)
        for step in range(trial.number % 4):
            trial.report(value - 1 / (step + 1), step)
        if trial.number % 3 == 1:
            raise optuna.TrialPruned
        trial.set_constraint("limit", trial.number % 5 - 3.5)
        return value if trial.number % 7 else math.inf

    study = optuna.create_study(sampler=samplers.EvolutionSampler(0))
    often, once = Past(), Past()
    for _ in range(15):
        study.optimize(objective, n_trials=2)
        often.read(study, len(study.trials) - 1)
    often.read(study, -1)
    once.read(study, -1)
    assert often.fillings == once.fillings
    assert often.scores.tolist() == once.scores.tolist()
    assert (often.rejected, often.pending) == (once.rejected, once.pending)
    assert len(once.rejected) > 2


@pytest.mark.parametrize("word", ["local_search", "evolution", "surrogate", "default"])
def test_ours_beat_random_draws(word: str) -> None:
    def late(strategy: str, seed: int) -> float:
        space = synthetic.space(constraints={})
        history, judge = History(), intake(space)
        proposer = Proposer(space, STRATEGIES[strategy](), seed, history)
        for _ in range(40):
            proposed = proposer.propose()
            assert proposed is not None
            trial, _ = judge.judge(*proposed, history)
            history.add(trial)
            if trial.state == "waiting":
                values = trial.values
                trial.state, trial.reason, trial.images = "completed", None, 900
                score = values["architecture.0.conv.channels"] / 64
                score += values["architecture.0.conv.kernel"] == 5
                trial.note(900, score - abs(values["training.optimizer.sgd.lr"] - 0.3))
        return float(np.mean([trial.best[0] for trial in history.trials[25:] if trial.best]))

    ours, draws = ([late(name, seed) for seed in range(3)] for name in (word, "random"))
    assert sum(ours) > sum(draws)


@pytest.mark.parametrize(
    "word", [w for w in STRATEGIES if isinstance(STRATEGIES[w]().sampler(Wish(0)), HistorySampler)]
)
def test_a_finite_space_is_proposed_once_and_then_nothing(word: str) -> None:
    space = synthetic.space(**SMALL)
    history, judge = History(), intake(space)
    proposer = Proposer(space, STRATEGIES[word](), 0, history)
    while (proposed := proposer.propose()) is not None:
        trial, _ = judge.judge(*proposed, history)
        history.add(trial)
        trial.state, trial.reason, trial.images = "completed", None, 900
        trial.note(900, trial.number % 5)
    assert len({frozenset(trial.values.items()) for trial in history.trials}) == 12
    assert len(history.trials) == 12


def filling(chance: random.Random) -> dict[str, Any]:
    """One of a tree of holes: times opens widths, a kind opens its own rate."""
    found: dict[str, Any] = {"times": chance.randint(1, 4)}
    found |= {f"w{i}": chance.choice([8, 16]) for i in range(found["times"])}
    found["kind"] = chance.choice(["none", "dropout", "noise"])
    if found["kind"] != "none":
        found[f"{found['kind']}.rate"] = chance.random()
    return found


def test_conditions_are_learned_and_kept_by_variations() -> None:
    chance, past, conditions = random.Random(0), Past(), Conditions()
    seen = [filling(chance) for _ in range(60)]
    for one in seen:
        conditions.add(one)
    assert conditions.deciding == {"times", "kind"}
    assert conditions.parent("kind") is None
    assert {conditions.parent(f"w{i}") for i in range(1, 4)} == {"times"}
    assert conditions.parent("noise.rate") == conditions.parent("dropout.rate") == "kind"
    past.conditions = conditions
    floats = optuna.distributions.FloatDistribution(0, 1)
    past.distributions = {
        "times": optuna.distributions.IntDistribution(1, 4),
        **{f"w{i}": optuna.distributions.CategoricalDistribution([8, 16]) for i in range(4)},
        "kind": optuna.distributions.CategoricalDistribution(["none", "dropout", "noise"]),
        "dropout.rate": floats,
        "noise.rate": floats,
    }
    past.free = set(past.distributions)
    for mother, father in pairwise(seen):
        for child in (mutated(mother, past, chance, 2), crossed(mother, father, past, chance)):
            widths = [name for name in child if name.startswith("w")]
            assert widths == [f"w{i}" for i in range(child["times"])]
            assert [name for name in child if name.endswith(".rate")] == [
                f"{kind}.rate" for kind in ("dropout", "noise") if kind == child["kind"]
            ]


def test_a_loss_that_was_infinite_on_the_way_teaches_nothing() -> None:
    study = optuna.create_study(sampler=samplers.SurrogateSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        trial.report(math.inf if x > 0.5 else x, 0)
        if x > 0.5:
            raise optuna.TrialPruned
        return x

    study.optimize(objective, n_trials=30)
    assert study.best_value < 0.02


def test_a_large_range_is_counted_without_listing_it() -> None:
    study = optuna.create_study(sampler=samplers.LocalSearchSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_int("seed", 0, 2**31 - 1), n_trials=5)
    assert len({trial.params["seed"] for trial in study.trials}) == 5
