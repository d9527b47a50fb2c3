"""What a view is: one figure with its words, drawn from frames alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from autocnn.report.study_frames import StudyFrames


@dataclass(frozen=True)
class View:
    """One figure of a study or of a trial, shared by the report and the dashboard.

    `figure(frames, objective, **switches)` draws it from StudyFrames, that of a trial
    `figure(frames, objective, number, **switches)`; it is None where there is nothing to show.
    `needs` are the frames that it reads, by their names in StudyFrames: it looks the same until
    one of these changes. `switches` are what a reader may turn on, with the words for it; each is
    a keyword that is False unless given; `switchable` tells whether they change anything for a
    study. A `wide` figure takes a whole row.
    """

    name: str
    title: str
    section: str
    caption: str
    figure: Callable[..., go.Figure | None]
    needs: tuple[str, ...] = ("trials",)
    switches: Mapping[str, str] = field(default_factory=dict)
    wide: bool = False
    switchable: Callable[[StudyFrames], bool] = lambda frames: True

    def switches_for(self, frames: StudyFrames) -> Mapping[str, str]:
        """Those switches that change something for a study."""
        return self.switches if self.switchable(frames) else {}


def least_width(figure: go.Figure) -> int:
    """The width in pixels below which a figure should scroll; 0 where it fits any page."""
    return int((figure.layout.meta or {}).get("width", 0))
