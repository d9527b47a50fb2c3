"""Images before decoding: what a source hands over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autocnn.errors import Problem

if TYPE_CHECKING:
    from autocnn.data.preprocessing import Preprocessing

LONGEST_NAME = 1000
"""Characters in the name of a class, label or value."""

Pixels = NDArray[np.uint8]
"""Decoded image or images, `(H, W, C)` or `(N, H, W, C)`."""


class Header(NamedTuple):
    """What is known of an image without decoding it; the size is that of the upright image.

    `mode` is Pillow's word for its colours and depth, such as `L`, `RGB` or `CMYK`.
    """

    height: int
    width: int
    gray: bool
    remarks: tuple[str, ...] = ()
    mode: str = ""


class BadImage(Exception):
    """An image that cannot be used; `rule` is the id of the broken rule, the text says why."""

    def __init__(self, rule: str, text: str):
        self.rule = rule
        super().__init__(text)


class Items(ABC):
    """A sequence of images that are decoded one by one or in slices."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def name(self, index: int) -> str:
        """What messages call the image: its path, or its row."""

    @abstractmethod
    def inspect(self, index: int) -> tuple[Header, str]:
        """The header and a digest of the undecoded image; raises BadImage."""

    @abstractmethod
    def decode(self, index: int, preprocessing: Preprocessing) -> Pixels:
        """The image as the network sees it, `(H, W, C)`; raises BadImage."""

    def path(self, index: int) -> Path | None:
        """The image's file, if it has one of its own."""
        return None

    def common(self) -> tuple[Header, str] | None:
        """One header and digest for all, where they are known to be alike."""
        return None

    def ready(self, preprocessing: Preprocessing) -> Pixels | None:
        """All images at once, where nothing is left to decode."""
        return None


@dataclass(frozen=True, eq=False)
class Group:
    """Images of one part with their labels.

    The class of each, int64 `(len,)`; 0 and 1 for labels, int64 `(len, labels)`; or float64
    `(len, values)`.

    `keys` names for each image what must stay in one part with it, if that was asked for.
    """

    items: Items
    labels: NDArray[Any]
    keys: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """All images of a source.

    `groups` holds `train` or `all`, and perhaps `validation` and `test`; `all` is still to be
    split. `classes` names the outputs of a network: classes, labels or values. `published` data
    sets are taken as they are, doubtful labels included.
    """

    classes: tuple[str, ...]
    groups: Mapping[str, Group]
    published: bool = False
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    def faults(self, source: str) -> tuple[Problem, ...]:
        """The problems of the rows, and names of outputs that no bundle could keep."""
        texts = (_odd(name, count) for name, count in Counter(self.classes).items())
        return (*self.problems, *(Problem("D36", text, source) for text in texts if text))


def _odd(name: str, count: int) -> str:
    """What is wrong with a name that so many classes, labels or values have, or nothing."""
    if count > 1:
        return f"{count} labels have one name, {name!r}"
    if not 0 < len(name) <= LONGEST_NAME:
        return (
            f"expected a label of 1 to {LONGEST_NAME} characters, got {name[:20]!r} ({len(name)})"
        )
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return f"the label {name!r} is no text: UTF-8 cannot write it"
    return ""
