"""What a candidate costs, as far as it is asked for: counted, foretold and measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from autocnn import network
from autocnn.errors import Problem, SpaceError
from autocnn.search.constraints import Constraints
from autocnn.space import Candidate

if TYPE_CHECKING:
    from autocnn.training import Plan

MEASURED = "costs"
"""The note of a trial in the store that has costs of its network by name."""


class Costs:
    """Tells costs of candidates; what is measured is measured once for an architecture.

    `wanted` are the objectives; what has a limit is told, too. Raises SpaceError (Y07) where what
    measures it is not installed.
    """

    def __init__(self, constraints: Constraints, wanted: Iterable[str], plan: Mapping[str, Any]):
        self.constraints = constraints
        self._wanted = frozenset(wanted)
        if text := constraints.missing(self._wanted):
            raise SpaceError(Problem("Y07", text, "constraints.latency_ms.runtime"))
        self._names = constraints.limited | self._wanted
        self._plan = plan
        self._latencies: dict[str, float | tuple[Problem, ...]] = {}

    def note(self, costs: Mapping[str, float]) -> dict[str, Any]:
        """What a trial in the store notes of its costs: objectives, and what is not counted."""
        counted = {"params", "macs"} - self._wanted
        found = {name: cost for name, cost in costs.items() if name not in counted}
        return {MEASURED: found} if found else {}

    def known(self, candidate: Candidate, notes: Mapping[str, Any]) -> None:
        """Take over what an earlier run of the study measured, from the notes of a trial."""
        if "latency_ms" in notes.get(MEASURED, {}):
            self._latencies[candidate.architecture.digest] = notes[MEASURED]["latency_ms"]

    def of(self, candidate: Candidate, *, measure: bool = True) -> tuple[dict[str, float], str]:
        """The costs by name, the cheap ones first, and which limit they break, or nothing.

        Params and MACs are always told; what comes after a broken limit is not, and latency only
        if it may be measured. A network that the runtime cannot run breaks its limit.
        """
        found: dict[str, float] = {}
        try:
            for name, value in self._each(candidate, measure):
                found[name] = value
                if broken := self.constraints.breach({name: value}):
                    return found, broken
        except SpaceError as error:
            return found, f"latency_ms: the network {error}"
        return found, ""

    def ease(self, whole: Candidate, trained: Candidate) -> float:
        """What a training image of one costs over that of the other, foretold."""
        if trained is whole:
            return 1.0
        from autocnn.training.forecast import image_seconds

        low = self._read_plan.low
        return image_seconds(trained, low) / image_seconds(whole, low)

    def _each(self, candidate: Candidate, measure: bool) -> Iterator[tuple[str, float]]:
        counts = network.cost(candidate.architecture)
        yield "params", counts.params
        yield "macs", counts.macs
        if "memory_mb" in self._names:
            from autocnn.training.forecast import batch_bytes

            yield "memory_mb", batch_bytes(candidate, self._read_plan) / 1e6
        if measure and "latency_ms" in self._names:
            yield "latency_ms", self._latency(candidate)

    @property
    def _read_plan(self) -> Plan:
        from autocnn.training import Plan

        return Plan.model_validate(self._plan)

    def _latency(self, candidate: Candidate) -> float:
        from autocnn.training.latency import latency

        digest = candidate.architecture.digest
        if digest not in self._latencies:
            asked = self.constraints.latency_ms
            try:
                seconds = latency(candidate.architecture, asked.batch, asked.runtime)
                self._latencies[digest] = 1000 * seconds
            except SpaceError as error:  # whose frames would keep the network
                self._latencies[digest] = error.problems
        found = self._latencies[digest]
        if isinstance(found, tuple):
            raise SpaceError(*found)
        return found
