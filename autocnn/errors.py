"""What goes wrong and which exit code says so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Problem:
    """One fault of the user's input: where it is, which rule it breaks, what was found."""

    rule: str
    text: str
    path: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        head = " ".join(part for part in (place, self.path) if part)
        told = f"{self.text} [{self.rule}]" if self.rule else self.text
        return f"{head}: {told}" if head else told


class AutocnnError(Exception):
    """A failure that the user can understand without a traceback.

    `problems` holds every fault that was found, in the order of the input; the text shows the
    first twenty.
    """

    exit_code = 7

    def __init__(self, *problems: Problem | str):
        self.problems = tuple(
            problem if isinstance(problem, Problem) else Problem("", problem)
            for problem in problems
        )
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"... and {len(self.problems) - SHOWN_PROBLEMS} more")
        return "\n".join(lines)


class SpaceError(AutocnnError):
    """The space, a candidate or an option breaks a rule of the language."""

    exit_code = 2


class DataError(AutocnnError):
    """The images or labels cannot be used as they are."""

    exit_code = 3


class StoreError(AutocnnError):
    """The study store cannot be read or written, or another process holds the study."""

    exit_code = 4


class NoTrialSucceeded(AutocnnError):
    """The search ended without one trained network."""

    exit_code = 5


class BundleError(AutocnnError):
    """The bundle is damaged, foreign or too new, and is refused."""

    exit_code = 6


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: Python's, or torch's on a processor or a GPU."""
    words = "can't allocate memory", "out of memory"
    return isinstance(error, MemoryError) or any(text in str(error) for text in words)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'kernel'?)`` for the nearest known word, or nothing.

    Capitals count for nothing, and words of other libraries are known as what they are here.
    """
    here = {other.lower(): other for other in known}
    plain = word.lower()
    elsewhere = ELSEWHERE.get(plain.replace("_", "").removesuffix("2d"), "")
    close = difflib.get_close_matches(plain, here, n=3, cutoff=0.6)
    nearest = sorted(close, key=lambda other: sorted(other) != sorted(plain))  # letters swapped
    near = elsewhere if elsewhere in here else here[nearest[0]] if nearest else ""
    return f" (did you mean {near!r}?)" if near else ""


ELSEWHERE = {
    "avgpool": "pool",
    "averagepooling": "pool",
    "batchnorm": "norm",
    "batchnormalization": "norm",
    "dense": "linear",
    "fc": "linear",
    "filters": "channels",
    "flip": "hflip",
    "flops": "macs",
    "globalaveragepooling": "global_pool",
    "learningrate": "lr",
    "maxpool": "pool",
    "maxpooling": "pool",
    "mse": "l2",
    "outfeatures": "units",
    "separableconv": "sep_conv",
}
"""Words of PyTorch, Keras and everyday use, small and bare, and ours for the same thing."""
