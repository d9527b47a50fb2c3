"""Asks an Optuna sampler for hole values, showing it the history in a form it understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.samplers import BaseSampler

from autocnn.errors import SpaceError
from autocnn.search.history import History
from autocnn.search.job import derive_seed
from autocnn.search.samplers import HistorySampler
from autocnn.search.samplers.history_sampler import PARENT
from autocnn.search.screen import SCREENED
from autocnn.search.shown import Shown
from autocnn.search.starts import Start
from autocnn.search.strategies import Strategy, Wish
from autocnn.search.suggest import distribution, suggest
from autocnn.space import Filled, Space, count, fill, fill_values, fillings, sample

START = "start"
"""The note of a trial that says where it comes from if no strategy proposed it."""

ENUMERATED = 100_000
"""A space of so many fillings is looked through for one that no trial has, a larger one never."""

DRAWS = 200
"""How many random fillings are looked through for one that is worth a trial."""

REMEMBERED = 1000
"""So many fillings that were not worth a trial are known again: samplers return to them."""


def _key(values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(values.items())


class Proposer:
    """Shows the history to a sampler and asks it for candidates.

    `novel(filled)` says whether a filling is worth a trial; where candidates are `limited` by
    constraints samplers that can ask are told.
    """

    def __init__(
        self,
        space: Space,
        strategy: Strategy,
        seed: int,
        history: History,
        starts: Sequence[Start] = (),
        *,
        novel: Callable[[Filled], bool] | None = None,
        limited: bool = False,
    ):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space, self._strategy, self._seed, self._history = space, strategy, seed, history
        self._novel, self._limited = novel, limited
        self._distributions = {hole.name: distribution(hole) for hole in space.holes}
        self._shown = Shown(space, strategy, history, self._distributions)
        self._starts = starts
        self._conditional = any(hole.conditional for hole in space.holes)
        self._size = count(space)
        self._seen: dict[frozenset[tuple[str, Any]], int] = {}
        """Fillings that trials have, each with the first trial of its candidate."""
        self._changed = history.changes() if self.finite else set[int]()
        self._rest: Iterator[Filled] | None = None
        self._refused: set[frozenset[tuple[str, Any]]] = set()
        self._allowed: frozenset[tuple[str, Any]] | None = None
        self._sampler: BaseSampler | None = None

    @property
    def finite(self) -> bool:
        """Whether the space has so few fillings that all can be looked through."""
        return self._size is not None and self._size <= ENUMERATED

    def propose(self, *, enumerating: bool = False) -> tuple[Filled, dict[str, Any]] | None:
        """Values for every hole and the sampler's notes on them; None where no new ones are left.

        With `enumerating` no sampler is asked: the first filling that no trial has is taken, of
        a space that is not `finite` a random one that is worth a trial.
        """
        if self.finite:
            self._look()
        if len(self._seen) == self._size:
            return None
        if not enumerating:
            return self._ask()
        if not self.finite:
            return self._drawn()
        self._rest = self._rest or fillings(self._space)
        unseen = (filled for filled in self._rest if _key(filled.values) not in self._seen)
        found = next(unseen, None)
        return None if found is None else (found, {})

    def reconsider(self) -> None:
        """Let values be proposed again that were refused for a draw that a screen left out."""
        self._refused.clear()

    def _look(self) -> None:
        """Note the fillings of new trials; those that a screen left out may come again."""
        trials, left_out = self._history.trials, set[int]()
        for number in sorted(self._changed):
            original = trials[number].original
            first = number if original is None else original
            if trials[first].reason == SCREENED:
                left_out.add(first)
            else:
                self._seen[_key(trials[number].values)] = first
        self._changed.clear()
        if left_out:
            self._seen = {key: n for key, n in self._seen.items() if n not in left_out}
            self._rest = None

    def _drawn(self) -> tuple[Filled, dict[str, Any]] | None:
        number = len(self._history.trials)
        for draw in range(DRAWS if self._novel else 0):
            filled = sample(self._space, derive_seed(self._seed, f"draw {draw}", number))
            assert self._novel is not None
            if self._novel(filled):
                return filled, {}
        return None

    def _allows(self, values: Mapping[str, Any]) -> bool:
        """Whether values are worth a trial; a sampler may not know yet what makes them whole."""
        assert self._novel is not None
        known = _key(values)
        if known == self._allowed:
            return True
        if known in self._refused:
            return False
        try:
            allowed = self._novel(fill_values(self._space, values))
        except SpaceError:
            return True
        if allowed:
            self._allowed = known
        else:
            if len(self._refused) >= REMEMBERED:
                self._refused.clear()
            self._refused.add(known)
        return allowed

    def _ask(self) -> tuple[Filled, dict[str, Any]]:
        study = self._shown.study()
        number, self._allowed = len(self._history.trials), None
        study.sampler = self._sampler_for(derive_seed(self._seed, "ask", number))
        notes = {}
        if number < len(self._starts):
            study.enqueue_trial(dict(self._starts[number].values))
            notes = {START: self._starts[number].origin}
        trial = study.ask()
        filled = fill(self._space, lambda hole: suggest(trial, hole))
        found = {**study.get_trials(deepcopy=False)[number].system_attrs, **notes}
        if notes:  # it is nobody's child, whatever the sampler would have proposed
            found.pop(PARENT, None)
        return filled, found

    def _sampler_for(self, seed: int) -> BaseSampler:
        """A fresh sampler; ours, which keep nothing but what they have read, begin a new row."""
        if isinstance(self._sampler, HistorySampler):
            self._sampler.reseed(seed)
        else:
            self._sampler = self._strategy.sampler(
                Wish(
                    seed,
                    self._seed,
                    self._distributions,
                    self._conditional,
                    self._allows if self._limited and self._novel else None,
                )
            )
        return self._sampler
