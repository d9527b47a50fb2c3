"""What the finals have decided on validation: from here on nothing is chosen any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autocnn.space import Candidate

KEY = "choice"
"""The setting of a study that has it, written before the test part is read."""

ENSEMBLE = "ensemble"
"""Under this word the details of a final have trial, seed and weight of each member."""


@dataclass(frozen=True)
class Network:
    """Trained weights: whose candidate's, where, and what made them.

    `path` is relative to the store's folder; `seconds` were spent on each of `cores`; `weight` is
    how much an ensemble listens to it. Without `tta` it predicts from the image alone, whatever
    its recipe says.
    """

    trial: int
    path: str
    seed: int
    images: int
    seconds: float
    cores: int
    weight: float = 1.0
    tta: bool = True


def predicting(candidate: Candidate, tta: bool) -> Candidate:
    """A candidate with the recipe that its network predicts by."""
    if tta:
        return candidate
    return replace(candidate, training=candidate.training.model_copy(update={"tta": False}))


@dataclass(frozen=True)
class Choice:
    """The winner, the network that becomes the bundle (a refit, or the winner), the ensemble."""

    winner: Network
    bundle: Network
    ensemble: tuple[Network, ...] = ()

    @property
    def refitted(self) -> bool:
        """Whether the bundle was trained on train and validation together."""
        return self.bundle != self.winner

    def to_json(self) -> dict[str, Any]:
        """For the study's settings."""
        return asdict(self)

    @staticmethod
    def of(settings: Mapping[str, Any]) -> Choice | None:
        """What a study's settings have, or None while nothing is decided."""
        found = settings.get(KEY)
        if found is None:
            return None
        members = tuple(Network(**member) for member in found["ensemble"])
        return Choice(Network(**found["winner"]), Network(**found["bundle"]), members)
