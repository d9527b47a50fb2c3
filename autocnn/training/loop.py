"""Train one candidate: a generator of evaluation points."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from autocnn.data import Dataset, Part
from autocnn.interval import upper_end
from autocnn.network.modules.whitening import needs_whitening
from autocnn.space.candidate import Candidate
from autocnn.training.balance import Balance
from autocnn.training.batches import Batches, Drawn, sample
from autocnn.training.checkpoint import read_checkpoint
from autocnn.training.compiling import compile_network, is_worth_compiling
from autocnn.training.evaluation import forward, measured
from autocnn.training.gradients import Gradients, kept_statistics
from autocnn.training.metrics import METRICS, metric_of
from autocnn.training.pace import Pace
from autocnn.training.plan import Plan
from autocnn.training.point import Point, Reason
from autocnn.training.precision import arithmetic
from autocnn.training.pretrain import Pretrain
from autocnn.training.process import keep_freed_memory
from autocnn.training.process_group import ProcessGroup
from autocnn.training.recipe import Recipe, recipe_of
from autocnn.training.seeds import seed_of_rank
from autocnn.training.state import Best, Number, State
from autocnn.training.training_part import training_part

OVERRUN = 2.0
"""Seconds past the deadline that the last evaluation may take on a machine that became slower.

Without that evaluation the last weights, the only annealed ones, could not be chosen.
"""


def train(
    candidate: Candidate,
    dataset: Dataset,
    *,
    seed: int,
    until: int,
    evaluate_at: Sequence[int] = (),
    horizon: int | None = None,
    plan: Plan | None = None,
    start: Path | Mapping[str, Any] | None = None,
    deadline: float | None = None,
    refit: bool = False,
    group: ProcessGroup | None = None,
    objective: str | None = None,
    weights: Mapping[str, Tensor] | None = None,
    full: bool = False,
    moments: Iterator[int] | None = None,
) -> Iterator[Point]:
    """Train to `until` images, yielding a point at each of `evaluate_at` (ascending) and the end.

    The schedule is planned for `horizon` images. Without a horizon it is planned for `until` and
    runs faster where the deadline comes earlier, so that it always reaches its end. It begins with
    the `weights` of these names, those of another training, and random ones elsewhere. Epochs of
    pretraining come first, each with a point that has no progress. `start` is a checkpoint of the
    same training to go on from, or what is in one. `deadline` is in seconds of time.monotonic: the
    last point is evaluated by then or OVERRUN later. `refit` trains on train and validation
    together and evaluates nothing. In a `group` each process takes its part of every batch, for
    which it computes the statistics of norms, and gets the mean gradient; only rank 0 evaluates
    and keeps the best weights, those with the best value of the `objective`, a metric with `val_`
    before its name; by default the one of the data's task. A `full` training whose schedule calms
    down ends with its last weights unless earlier ones were better by more than chance, and may be
    compiled for a GPU if it is long enough for that. Networks that have their `moments` in common
    give a point at each of these instead, the same once more where they are past it.

    The same arguments, machine and numbers of threads and processes give the same bits, in one
    go or in parts, if no deadline interferes. Each step seeds torch's global generator.

    Raises SpaceError where candidate and data do not fit or an optimizer is not installed,
    DataError for too few images, KeyError for an unknown objective.
    """
    recipe = recipe_of(candidate)
    plan = plan or Plan()
    objective = objective or f"val_{dataset.task.metric}"
    part = training_part(candidate, dataset, refit=refit)
    keep_freed_memory()
    state = State(candidate, len(part), seed, horizon or until, plan, objective, weights)
    if start is not None:
        state.load(read_checkpoint(start) if isinstance(start, Path) else start)
    elif not weights and needs_whitening(state.module):
        with arithmetic(plan):
            state.whiten(sample(part, dataset, plan))
    if full and is_worth_compiling(candidate, horizon or until, plan):
        compile_network(state.module)
    group = group or ProcessGroup()
    timed = horizon is None and deadline is not None
    run = _Run(recipe, dataset, plan, part, seed, state, refit, group, objective, timed, full)
    if recipe.pretrain is not None and not state.steps:
        first = Pretrain(candidate, dataset, plan, part, seed, state, group)
        for early in first.points(deadline, fitted=horizon is None):
            yield early
            if early.reason is not None:
                return
    run.pace = Pace(
        horizon or until,
        evaluated=0 if refit else len(dataset.validation),
        deadline=deadline,
        fitted=timed,
        share=state.share,
    )
    stops = sorted({*(at for at in evaluate_at if at < until), until})
    for stop in moments or stops[bisect.bisect_right(stops, state.images) :]:
        point = run.point(run.advance(stop))
        yield point
        if point.reason is not None:
            return


class _Run:
    """A state with what it is trained on: steps and points."""

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        plan: Plan,
        part: Part,
        seed: int,
        state: State,
        refit: bool,
        group: ProcessGroup,
        objective: str,
        timed: bool,
        full: bool,
    ):
        self._recipe, self._dataset, self._plan = recipe, dataset, plan
        self._state, self._refit, self._group = state, refit, group
        self._objective = objective
        self._metric = metric_of(objective, len(dataset.classes), dataset.task.word)
        self._metric.prepare()
        self._known = METRICS[dataset.task.metric]()
        self._known.prepare()
        self._settles = full and recipe.schedule.calms and not recipe.patience
        self.pace: Pace
        balance = Balance(group.size, measured=timed)
        self._batches = Batches(
            part,
            dataset,
            plan,
            recipe.batch_size,
            recipe.augment,
            seed,
            group.rank,
            balance,
            recipe.oversample,
            state.easy,
        )
        counts = dataset.task.counts(part.plain_labels, len(dataset.classes)).tolist()
        weights = recipe.loss.scaled_weights(counts, len(part))
        draws = seed_of_rank(seed, group.rank)
        self._gradients = Gradients(recipe, plan, state, group, balance, draws, weights)
        self._began = time.monotonic()
        self._from, self._training = state.images, 0.0

    def advance(self, until: int) -> Reason | None:
        """Step until so many images are done; says why it ended earlier."""
        state, recipe, pace = self._state, self._recipe, self.pace
        state.module.train()
        steps, began, before = 0, time.monotonic(), state.images
        while state.images < until:
            over, state.share = self._group.broadcast((pace.is_over(), pace.share(state.images)))
            if over:
                return "deadline"
            if not self._step():
                return "non-finite"
            steps += 1
            if steps % self._plan.pause and state.images < until:
                continue
            if not all(map(math.isfinite, state.means().values())):
                return "non-finite"
            took = time.monotonic() - began
            self._training += took
            pace.note_step(took / recipe.pixels(state.share), state.images - before, steps)
            steps, began, before = 0, time.monotonic(), state.images
        return None

    def _step(self) -> bool:
        """One step; False, and no step, where the loss or the gradient's norm is not finite."""
        state, recipe = self._state, self._recipe
        size = recipe.size(state.share, self._dataset.shape[1:])
        if state.easy is not None and not state.batch:
            state.easy.judge(state.share)
        batch = self._batches.batch(state.epoch, state.batch, size)
        value = self._gradients.compute(batch)
        if value is None:
            return False
        norm = self._gradients.norm
        factor = recipe.schedule.value(state.share) * state.reduction
        state.lr = recipe.optimizer.set_factor(state.optimizer, factor)
        if not recipe.optimizer.twice:
            state.optimizer.step()
        elif not self._step_twice(batch):
            return False
        state.optimizer.zero_grad(set_to_none=True)
        self._gradients.regularize(state.lr)
        state.steps += 1
        if state.average is not None:
            state.average.update(state.steps, state.share)
        state.count(len(batch.rows), value, norm, len(self._batches.bounds) - 1)
        return True

    def _step_twice(self, batch: Drawn) -> bool:
        """Step by a second gradient, at weights that the optimizer moved; False if not finite."""
        found: list[Number | None] = []

        def again() -> float:
            found.append(self._gradients.compute(batch))
            return 0.0

        with kept_statistics(self._state.module):
            self._state.optimizer.step(again)
        return None not in found

    def point(self, reason: Reason | None) -> Point:
        """Evaluate and sum up what happened since the last point."""
        state, metrics = self._state, dict[str, float]()
        if self._group.rank == 0:
            metrics, reason = self._metrics(reason)
        metrics, reason = self._group.broadcast((metrics, reason))
        self._reduce(metrics)
        point = Point(
            images=state.images,
            epoch=state.images / self._batches.images,
            metrics=metrics,
            lr=state.lr,
            seconds=time.monotonic() - self._began,
            images_per_second=(state.images - self._from) / max(self._training, 1e-9),
            reason=reason,
            state=state,
        )
        state.sum = state.norms = state.seen = 0
        self._from, self._training = state.images, 0.0
        return point

    def _metrics(self, reason: Reason | None) -> tuple[dict[str, float], Reason | None]:
        """What is known at this point, and why it is the last one if it is."""
        state = self._state
        means = state.means()
        metrics = {name: value for name, value in means.items() if math.isfinite(value)}
        if len(metrics) < len(means) or not state.is_sound():
            reason = "non-finite"
        if not self._refit and reason != "non-finite":
            found = self._evaluate()
            if all(math.isfinite(value) for value in found.values()):
                metrics |= found
            else:
                reason = "non-finite"
        if self._objective in metrics:
            reason = self._note(self._score(metrics), reason) or reason
        return metrics, reason

    def _score(self, metrics: Mapping[str, float]) -> float:
        """The objective's value, turned so that higher is better."""
        value = metrics[self._objective]
        return value if self._metric.maximize else -value

    def _reduce(self, metrics: Mapping[str, float]) -> None:
        """Let the schedule see how well the training goes, if it asks."""
        state, schedule = self._state, self._recipe.schedule
        if schedule.watches and self._objective in metrics:
            epoch = state.images / self._batches.images
            state.scores = [*state.scores, (epoch, self._score(metrics))]
            state.reduction = schedule.reduction(state.scores)

    def _evaluate(self) -> dict[str, float]:
        """Loss, metric of the task and objective, or nothing where the deadline comes first."""
        began, pace, data = time.monotonic(), self.pace, self._dataset
        until = None if pace.deadline is None else pace.deadline + OVERRUN
        logits = forward(self._state.evaluated, data.validation, data, self._plan, deadline=until)
        values = dict[str, float]()
        if logits is not None:
            result = measured(logits, data.validation.labels, data.task, data.scale)
            wanted = {f"val_{self._known.word}": self._known, self._objective: self._metric}
            values = {"val_loss": result.loss}
            values |= {name: float(metric.value(result)) for name, metric in wanted.items()}
        pace.note_evaluation(time.monotonic() - began)
        return values

    def _note(self, score: float, reason: Reason | None) -> Reason | None:
        """Keep the weights of a new best point; says whether patience is at its end."""
        state, patience, best = self._state, self._recipe.patience, self._state.best
        settled = self._settles and self.pace.is_done(state.images, reason)
        bar = upper_end(score, len(self._dataset.validation)) if settled else score
        if best is None or bar > best.score or (settled and bar == best.score):
            state.best = Best(score, state.images, state.weights())
        elif patience and state.images - best.images >= patience * self._batches.images:
            return "patience"
        return None
