"""The last phase: retrain the best few, choose on validation, refit, gather an ensemble."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn import pareto
from autocnn.data import Dataset
from autocnn.errors import NoTrialSucceeded
from autocnn.interval import t_interval, upper_end
from autocnn.search.choice import Choice
from autocnn.search.coordinator import Coordinator
from autocnn.search.ensemble import LIBRARY, greedy, mixed
from autocnn.search.finalists import SEEDS, Finalists, Trained
from autocnn.search.finals_plan import FinalsPlan
from autocnn.search.measure import Score, evaluated, score_alone, score_of, validate
from autocnn.search.promise import promising
from autocnn.search.reading import final_row
from autocnn.search.settings import FinalsOptions

if TYPE_CHECKING:
    from autocnn.store import FinalRow
    from autocnn.training import Evaluation


class Finals:
    """Runs the finals of one study with its coordinator, up to the choice."""

    def __init__(self, coordinator: Coordinator, dataset: Dataset, options: FinalsOptions):
        self._coordinator, self._dataset, self._options = coordinator, dataset, options
        self._plan = FinalsPlan(coordinator, dataset, options)
        self.rows: list[FinalRow] = []
        """What was measured, to be recorded with the choice: cut off, finals begin once more."""

    def run(self) -> Choice | None:
        """What was chosen, all of it on validation, or None where a signal cut it off.

        The winner is the best on validation among the finalists, retrained from scratch, and the
        trials as they were trained in the search, which are ahead where the time is short; not
        where `search.fidelity` gave them less than the whole. A trial that saw fewer images than
        the best finalist must be ahead by more than chance: it was chosen among many.
        Raises NoTrialSucceeded if there is neither.
        """
        import autocnn.training.evaluation  # noqa: F401  # slow: before any time is planned

        c, plan = self._coordinator, self._plan
        plan.hurry()
        best = promising(c.history, plan.count())
        self._dataset = plan.settle(len(best))
        finalists = Finalists(c, self._dataset, plan)
        trained = finalists.train("final", [(trial, 0) for trial in best])
        if trained and not c.interrupt.came():
            trained += finalists.seeds(foremost(trained))
        if c.interrupt.came():
            return None
        self._record_seeds(trained)
        trials = finalists.incumbents()
        able = trained + ahead(trials, trained, len(self._dataset.validation))
        trained += trials
        if not trained:
            text = "no time was left for the finals, and no checkpoint of a trial is left"
            if not c.whole:
                text = "no time was left for the finals, and trials saw less than the whole"
            raise NoTrialSucceeded(f"{text}; more time lets the search go on")
        winner = foremost(able)
        bundle = finalists.refit(winner) or winner
        if c.interrupt.came():
            return None
        losers = [entry for entry in trained if entry is not winner]
        self._record_losers(losers)
        ensemble = self._choose(winner, losers)
        for entry in losers:
            if entry.value is not None and all(entry is not member for member, _ in ensemble):
                entry.checkpoint.unlink(missing_ok=True)
        members = tuple(member.network(c.root, weight) for member, weight in ensemble)
        return Choice(winner.network(c.root), bundle.network(c.root), members)

    # The choice on validation

    def _choose(self, winner: Trained, losers: Sequence[Trained]) -> list[tuple[Trained, float]]:
        """Members of the ensemble with their weights; none if the winner alone is as good."""
        from autocnn.training.metrics import named

        c, data = self._coordinator, self._dataset
        if data.folds is not None or not self._options.ensemble:
            score = validate(winner.candidate, winner.checkpoint, data, c.plan, c.metric)
            self._record(winner, score)
            return []
        began, images = time.monotonic(), len(data.validation)
        library = [self._evaluate(winner)]
        self._record(winner, score_of(library[0], data.classes, c.metric))
        # One more of them costs a look at validation and, if it is taken, one at the test part.
        tested = images + (0 if data.test is None else len(data.test))
        each = max(time.monotonic() - began, 1e-3) * (1 + tested / images)
        left = c.clock.end - c.reserve - time.monotonic()
        room = LIBRARY if left == math.inf else int(left // each)
        others = sorted(losers, key=_rank, reverse=True)
        members = [winner, *others[: max(0, min(room, LIBRARY) - 1)]]
        library += [self._evaluate(entry) for entry in members[1:]]
        metric = named(c.metric)
        weights = greedy(library, metric, data.scale, c.clock.end - c.reserve)
        found = [(e, weight) for e, weight in zip(members, weights, strict=True) if weight]
        if len(found) < 2:
            return []
        score = score_of(mixed(library, weights, data.scale), data.classes, c.metric)
        networks = [entry.network(c.root, weight) for entry, weight in found]
        self.rows.append(final_row(networks[0], "validation", score, networks))
        return found

    def _evaluate(self, entry: Trained) -> Evaluation:
        c, data = self._coordinator, self._dataset
        return evaluated(entry.candidate, entry.checkpoint, data, data.validation, c.plan)

    # Recording

    def _record_seeds(self, trained: Sequence[Trained]) -> None:
        """The mean over seeds of the finalist that had several, with its interval."""
        for number in {entry.trial.number for entry in trained}:
            same = [entry for entry in trained if entry.trial.number == number]
            values = [entry.value for entry in same if entry.value is not None]
            if len(values) >= SEEDS:
                mean, low, high = t_interval(values)
                images, metric = len(self._dataset.validation), self._dataset.task.metric
                score = Score(mean, low, high, images, {"seeds": values}, metric, "t")
                self._record(same[0], score)

    def _record_losers(self, losers: Sequence[Trained]) -> None:
        """Finalists that were not chosen: their numbers as they were measured in training."""
        images, metric = len(self._dataset.validation), self._dataset.task.metric
        for entry in losers:
            if entry.value is not None:
                self._record(entry, score_alone(entry.value, images, metric))

    def _record(self, entry: Trained, score: Score) -> None:
        network = entry.network(self._coordinator.root)
        self.rows.append(final_row(network, "validation", score))


def _rank(entry: Trained) -> tuple[float, int, int]:
    """The better on validation, then what was trained longer, then what came first."""
    return entry.score, entry.images, -entry.trial.number


def ahead(trials: Sequence[Trained], finalists: Sequence[Trained], images: int) -> list[Trained]:
    """The trials that may win beside the finalists, by a validation of so many images."""
    best = foremost(finalists) if finalists else None
    if best is None or best.vector:
        return list(trials)
    bar = upper_end(best.score, images)
    return [trial for trial in trials if trial.images >= best.images or trial.score > bar]


def foremost(trained: Sequence[Trained]) -> Trained:
    """The best on validation; of several objectives the knee of those that nothing dominates."""
    if all(entry.vector for entry in trained):
        return trained[pareto.order([entry.vector for entry in trained])[0]]
    return max(trained, key=_rank)
