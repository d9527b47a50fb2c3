"""From a filling to a trial: shape rules, constraints and known results, before any training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from autocnn import network
from autocnn.search.costs import MEASURED, Costs
from autocnn.search.fidelity import Fidelity
from autocnn.search.history import History
from autocnn.search.job import derive_seed
from autocnn.search.samplers.history_sampler import PARENT
from autocnn.search.screen import SCORED
from autocnn.search.stopping import StoppingRule
from autocnn.search.trial import NOTHING, Trial
from autocnn.space import Architecture, Candidate, Filled, Infeasible, elaborate
from autocnn.store import ArchitectureRow, NewTrial
from autocnn.training import recipe_of


class Intake:
    """Judges fillings for data of one shape: `epoch` is the number of training images.

    With a `fidelity` trials see fewer, `epoch`, of the `whole` number of images. `score` tells the
    scores by name, if any, of what a trial trains, from its seed.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        epoch: int,
        costs: Costs,
        stopping: StoppingRule,
        seed: int,
        fidelity: Fidelity | None = None,
        whole: int | None = None,
        score: Callable[[Candidate, int], Mapping[str, float]] | None = None,
    ):
        self._shape, self._classes, self.epoch = shape, classes, epoch
        self.costs, self._stopping, self._seed = costs, stopping, seed
        self._fidelity, self.whole = fidelity, whole or epoch
        self._score = score
        self._ladders: dict[int, tuple[int, ...]] = {}
        self._last: tuple[frozenset[Any], Candidate | Infeasible] | None = None

    def judge(
        self, filled: Filled, notes: Mapping[str, Any], history: History
    ) -> tuple[Trial, NewTrial]:
        """The next trial as the coordinator keeps it and as the store does."""
        number = len(history.trials)
        values = dict(filled.values)
        candidate = self._elaborated(filled)
        if isinstance(candidate, Infeasible):
            detail = f"{candidate.path}: {candidate.text}"
            trial = Trial(number, values, None, "infeasible", "shape", notes=notes)
            return trial, self._row(trial, detail=detail)
        costs, broken = self.costs.of(candidate)
        noted = self.costs.note(costs)
        asked = noted.get(MEASURED, NOTHING)
        if broken:
            trial = Trial(
                number, values, candidate, "infeasible", "constraint", costs=asked, notes=notes
            )
            return trial, self._row(trial, detail=broken)
        if known := history.known(candidate):
            trial = Trial(
                number, values, candidate, "duplicate", "duplicate", known.number, notes=notes
            )
            return trial, self._row(trial, detail=f"the same candidate as trial {known.number}")
        seed = derive_seed(self._seed, "train", number)
        trial = Trial(
            number,
            values,
            candidate,
            "waiting",
            params=int(costs["params"]),
            macs=int(costs["macs"]),
            costs=asked,
            seed=seed,
            notes={**notes, **noted} if noted else notes,
            **self.course(candidate),
        )
        return trial, self._row(trial)

    def novel(self, filled: Filled, history: History) -> bool:
        """Whether a filling is a network that no trial has and that keeps the constraints.

        What is measured is left out: only trials keep that, and a resumed search decides alike.
        """
        candidate = self._elaborated(filled)
        if isinstance(candidate, Infeasible) or self.costs.of(candidate, measure=False)[1]:
            return False
        return history.known(candidate) is None

    def trained(self, candidate: Candidate) -> Candidate:
        """What a trial of this candidate trains."""
        return candidate if self._fidelity is None else self._fidelity.candidate(candidate)

    def score(self, trial: Trial) -> float:
        """How promising a trial looks before training; it notes that."""
        assert self._score is not None
        try:
            found = self._score(self.trained(trial.candidate), trial.seed)
        except (MemoryError, RuntimeError):  # it may be too large for this machine
            found = {}
        trial.notes = {**trial.notes, SCORED: found}
        return max(found.values(), default=-math.inf)

    def course(self, candidate: Candidate) -> dict[str, Any]:
        """What a trial keeps of how long its candidate trains.

        `ladder` are its rungs in images, ascending and distinct; `full` are the images that a
        training of the whole sees, and `ease` is what an image costs in a trial over that there.
        """
        epochs = recipe_of(candidate).epochs
        if epochs not in self._ladders:
            levels = {max(1, round(at * self.epoch)) for at in self._stopping.epochs(epochs)}
            self._ladders[epochs] = tuple(sorted(levels))
        return {
            "ladder": self._ladders[epochs],  # one for all trials
            "full": epochs * self.whole,
            "ease": self.costs.ease(candidate, self.trained(candidate)),
        }

    def _elaborated(self, filled: Filled) -> Candidate | Infeasible:
        """What a filling makes; a sampler has often just asked about the one that is judged."""
        same = frozenset(filled.values.items())
        if self._last is None or self._last[0] != same:
            self._last = same, self._made(filled)
        return self._last[1]

    def _made(self, filled: Filled) -> Candidate | Infeasible:
        """The candidate, if it is also a network for what trials are trained on."""
        candidate = elaborate(filled, self._shape, self._classes)
        if self._fidelity is None or isinstance(candidate, Infeasible):
            return candidate
        return self._fidelity.fault(candidate) or candidate

    def _row(self, trial: Trial, detail: str = "") -> NewTrial:
        candidate = None if trial.made is None else trial.candidate
        return NewTrial(
            number=trial.number,
            values=trial.values,
            state=trial.state,
            reason=trial.reason,
            detail=detail,
            architecture=None if candidate is None else architecture_row(candidate.architecture),
            candidate=None if candidate is None else candidate.to_json(),
            candidate_digest=None if candidate is None else candidate.digest,
            notes={**trial.notes, **self.costs.note(trial.costs)},
            parent=trial.original if trial.original is not None else trial.notes.get(PARENT),
            horizon=trial.ladder[-1] if trial.ladder else None,
            seed=trial.seed if trial.ladder else None,
        )


def architecture_row(architecture: Architecture) -> ArchitectureRow:
    """What the store keeps of an architecture, its table of layers included."""
    table = network.table(architecture)
    totals = network.totals(table)
    return ArchitectureRow(
        digest=architecture.digest,
        shape=architecture.shape,
        layers=architecture.to_json(),
        table=table,
        params=totals["params"],
        macs=totals["macs"],
        activations=totals["activations"],
        depth=totals["depth"],
        receptive_field=tuple(totals["receptive_field"]),
    )
