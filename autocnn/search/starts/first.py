"""All first candidates of a new study, and how its settings keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.search.settings import SearchOptions
from autocnn.search.starts.earlier import earlier_best
from autocnn.search.starts.fit import Firsts, Start
from autocnn.search.starts.given import given
from autocnn.search.starts.portfolio import shipped
from autocnn.space import Space

if TYPE_CHECKING:
    from autocnn.data import Dataset
    from autocnn.store import Store

KEY = "starts"
"""The setting that has them: what other studies of the store know may change, this may not."""

LEFT_OUT = "starts_left_out"
"""The setting that says why others are not among them."""


def first_candidates(space: Space, dataset: Dataset, store: Store) -> Firsts:
    """Those that the space names, those of earlier studies, those shipped; each once.

    Raises SpaceError where the space names what cannot be.
    """
    options, data = space.section(SearchOptions).start, dataset.to_json()
    firsts = given(space, dataset.shape, len(dataset.classes))
    if options == "none" or not space.holes:
        return firsts
    if options.earlier:
        firsts.starts += earlier_best(store, space, data)
    if options.portfolio:
        firsts.starts += shipped(space, data)
    distinct: dict[frozenset[Any], Start] = {}
    for start in firsts.starts:
        distinct.setdefault(frozenset(start.values.items()), start)
    firsts.starts = list(distinct.values())
    return firsts


def kept(firsts: Firsts) -> dict[str, Any]:
    """The setting of a study."""
    starts = [{"origin": start.origin, "values": dict(start.values)} for start in firsts.starts]
    return {KEY: starts, LEFT_OUT: firsts.left_out}


def recorded(settings: Mapping[str, Any]) -> Firsts:
    """What the settings of a study have of it."""
    starts = [Start(start["origin"], start["values"]) for start in settings.get(KEY, [])]
    return Firsts(starts, list(settings.get(LEFT_OUT, [])))
