"""What a page is: a title, a head that changes often and a main part that is drawn with care."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from autocnn.dashboard.parts import Part


@dataclass(frozen=True)
class Page:
    """One page: each part is made only where its key differs from that of what is shown."""

    title: str
    head: Callable[[], Part]
    main: Callable[[], Part]
    head_key: Hashable = None
    main_key: Hashable = None
