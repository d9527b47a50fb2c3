"""A small Gaussian process over fillings, in closed form but for two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


def one_thread() -> AbstractContextManager[Any]:
    """Let numpy and scipy work in one thread meanwhile.

    On matrices of some hundred rows several threads mostly wait for one another, which takes up to
    twenty times the processor's time where trials train on the same cores. Nor does the result
    depend on the number of cores then.
    """
    found: AbstractContextManager[Any] = _libraries().limit(limits=1)
    return found


@cache
def _libraries() -> Any:
    """What computes for numpy and scipy; to look for it takes milliseconds."""
    import scipy.linalg  # noqa: F401  # brings its own
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


class Inputs(NamedTuple):
    """What is known of fillings: rows and counts of an encoding, and features, one row each."""

    rows: Rows
    counts: Rows
    features: Rows

    def of(self, which: slice) -> Inputs:
        """Some of them."""
        return Inputs(*(part[which] for part in self))


class Likeness(NamedTuple):
    """Products of rows and of counts, how far features are apart, and how many there are.

    `kinds` is the width of the counts: 0 where no two holes are of one kind.
    """

    rows: Rows
    counts: Rows
    apart: Rows
    features: int
    kinds: int

    def of(self, ones: slice, others: slice) -> Likeness:
        """Between some of the one and some of the other."""
        rows, counts, apart = (part[ones, others] for part in self[:3])
        return Likeness(rows, counts, apart, self.features, self.kinds)


def likeness(one: Inputs, other: Inputs) -> Likeness:
    """Between all of one and all of the other, (n, m) each."""
    features = one.features.shape[1]
    squares = (one.features**2).sum(1)[:, None] + (other.features**2).sum(1)
    return Likeness(
        one.rows @ other.rows.T,
        one.counts @ other.counts.T,
        (squares - 2 * one.features @ other.features.T) / (2 * max(1, features)),
        features,
        one.counts.shape[1],
    )


@dataclass(frozen=True)
class Kernel:
    """How alike two fillings are, as a sum of parts of total weight 1 where all are equal.

    A share `additive` is for holes that each have an effect of their own, half of it the same in
    all holes of a kind; the rest is for effects of pairs of holes. With features, half of the
    first share is for them.
    """

    holes: int
    additive: float

    def diagonal(self, one: Inputs) -> Rows:
        """Of each with itself, (n,)."""
        same = np.zeros(len(one.rows))
        sizes = one.features.shape[1], one.counts.shape[1]
        return self.of(Likeness(same + self.holes, (one.counts**2).sum(1), same, *sizes))

    def of(self, given: Likeness) -> Rows:
        """The kernel where the likeness is known."""
        alike, counts = given.rows / self.holes, given.counts / self.holes
        single = 0.5 * (alike + counts) if given.kinds else alike
        if given.features:
            single = 0.5 * single + 0.5 * np.exp(-given.apart)
        found: Rows = self.additive * single + (1 - self.additive) * alike**2
        return found


class GaussianProcess:
    """Foretells scores with their uncertainty. See http://gaussianprocess.org/gpml.

    `own` is the kernel between the fillings whose `scores` are known, (n, n).
    """

    def __init__(self, own: Rows, noise: float, scores: Rows):
        from scipy.linalg import cho_solve

        self._lower = np.linalg.cholesky(own + noise * np.eye(len(own)))
        self._weights = cho_solve((self._lower, True), scores, check_finite=False)
        self._scale = max(float(scores @ self._weights) / len(scores), 1e-12)
        self.fitted = self.mean(own)
        """What it makes of the scores it was given."""

    def mean(self, cross: Rows) -> Rows:
        """The scores that are foretold, from the kernel between the known and these, (n, m)."""
        found: Rows = self._weights @ cross
        return found

    def deviation(self, cross: Rows, diagonal: Rows) -> Rows:
        """Their standard deviations; `diagonal` is the kernel of each with itself."""
        from scipy.linalg import solve_triangular

        known = solve_triangular(self._lower, cross, lower=True, check_finite=False)
        variance = diagonal - (known**2).sum(0)
        found: Rows = np.sqrt(np.maximum(variance, 1e-9) * self._scale)
        return found


def fitted(
    given: Likeness, scores: Rows, kernels: Sequence[Kernel], noises: Sequence[float]
) -> tuple[Kernel, float]:
    """The kernel and the share of noise that make the scores likeliest, at the best scale.

    `given` is the likeness between those whose scores are given.
    """
    found = [
        (_log_likelihood(own + noise * np.eye(len(own)), scores), kernel, noise)
        for kernel in kernels
        for own in [kernel.of(given)]
        for noise in noises
    ]
    _, kernel, noise = max(found, key=lambda entry: entry[0])
    return kernel, noise


def _log_likelihood(covariance: Rows, scores: Rows) -> float:
    from scipy.linalg import solve_triangular

    lower = np.linalg.cholesky(covariance)
    white = solve_triangular(lower, scores, lower=True, check_finite=False)
    scale = max(float(white @ white) / len(scores), 1e-12)
    return float(-0.5 * len(scores) * np.log(scale) - np.log(np.diag(lower)).sum())
