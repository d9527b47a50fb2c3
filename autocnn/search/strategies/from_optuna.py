"""Further samplers of Optuna by name. None of them is part of our measurements."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

    from autocnn.space import Hole

Startup = Annotated[Whole, Field(ge=1, le=10_000)]
Population = Annotated[Whole, Field(ge=2, le=10_000)]


class FromOptuna(Strategy):
    """A strategy that is a class of `samplers/from_optuna.py` with its options."""

    several: ClassVar[bool] = True

    def sampler(self, wish: Wish) -> BaseSampler:
        """The sampler, without the warnings that it is experimental."""
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return self.make(wish)

    def make(self, wish: Wish) -> BaseSampler:
        """The sampler as Optuna makes it."""
        raise NotImplementedError


def _conditional(holes: Sequence[Hole]) -> list[Hole]:
    return [hole for hole in holes if hole.conditional]


@STRATEGIES.register("gp")
class Gp(FromOptuna):
    """Gaussian process by Optuna, after `startup` random trials; not measured.

    Holes that depend on others are drawn at random. Takes seconds per trial from 100 trials on.
    """

    paper: ClassVar[str] = "arXiv 2310.20708"
    penalty: ClassVar[bool] = True

    startup: Startup = 10

    def unguided(self, holes: Sequence[Hole]) -> list[Hole]:
        """Those that not every network has."""
        return _conditional(holes)

    def make(self, wish: Wish) -> BaseSampler:
        """Optuna's GPSampler."""
        from autocnn.search.samplers.from_optuna import LightGPSampler

        return LightGPSampler(
            seed=wish.seed, n_startup_trials=self.startup, warn_independent_sampling=False
        )


@STRATEGIES.register("cmaes")
class CmaEs(FromOptuna):
    """Covariance matrix adaptation by Optuna, after `startup` random trials; not measured.

    It moves numbers alone: choices, and holes that depend on others, are drawn at random.
    """

    paper: ClassVar[str] = "arXiv 1604.00772"
    needs: ClassVar[str] = "cmaes"
    extra: ClassVar[str] = "cmaes"
    several: ClassVar[bool] = False
    penalty: ClassVar[bool] = True

    startup: Startup = 1
    population: Population | Literal["auto"] = "auto"

    def refusal(self, holes: Sequence[Hole]) -> str:
        """It needs a number that every network has."""
        if len(self.unguided(holes)) < len(holes) or not holes:
            return ""
        return "'cmaes' moves numbers that every network has, and this space has none"

    def unguided(self, holes: Sequence[Hole]) -> list[Hole]:
        """Choices, and those that not every network has."""
        return [hole for hole in holes if hole.conditional or hole.kind == "choice"]

    def make(self, wish: Wish) -> BaseSampler:
        """Optuna's CmaEsSampler."""
        from autocnn.search.samplers.from_optuna import ReplayedCmaEsSampler

        return ReplayedCmaEsSampler(
            seed=wish.seed,
            n_startup_trials=self.startup,
            popsize=None if self.population == "auto" else self.population,
            warn_independent_sampling=False,
        )


@STRATEGIES.register("qmc")
class Qmc(FromOptuna):
    """A scrambled low-discrepancy sequence by Optuna: evener than random draws; not measured."""

    paper: ClassVar[str] = "Bergstra and Bengio, JMLR 13, 2012"

    kind: Literal["sobol", "halton"] = "sobol"

    def make(self, wish: Wish) -> BaseSampler:
        """Optuna's QMCSampler; all asks of a study are for points of one sequence."""
        from autocnn.search.samplers.from_optuna import NumberedQMCSampler

        return NumberedQMCSampler(
            wish.holes,
            seed=wish.study_seed,
            qmc_type=self.kind,
            warn_independent_sampling=False,
        )


@STRATEGIES.register("bruteforce")
class BruteForce(FromOptuna):
    """Every filling of a finite space in random order, by Optuna; not measured."""

    exhaustive: ClassVar[bool] = True

    def refusal(self, holes: Sequence[Hole]) -> str:
        """It takes no real numbers."""
        real = next((hole.name for hole in holes if hole.kind == "float"), "")
        if not real:
            return ""
        text = f"'bruteforce' tries every filling, but {real} has any real number"
        return f"{text}; 'grid' takes some of them"

    def make(self, wish: Wish) -> BaseSampler:
        """Optuna's BruteForceSampler."""
        from autocnn.search.samplers.from_optuna import PatientBruteForceSampler

        return PatientBruteForceSampler(seed=wish.seed)


@STRATEGIES.register("nsga2")
class Nsga2(FromOptuna):
    """Genetic search for several objectives by Optuna; not measured.

    Generations have `population` trials. Holes that depend on others are drawn at random.
    """

    paper: ClassVar[str] = "Deb et al., IEEE Transactions on Evolutionary Computation 6, 2002"
    penalty: ClassVar[bool] = True

    population: Population = 20
    crossover: Annotated[float, Field(ge=0, le=1)] = 0.9

    def unguided(self, holes: Sequence[Hole]) -> list[Hole]:
        """Those that not every network has."""
        return _conditional(holes)

    def make(self, wish: Wish) -> BaseSampler:
        """Optuna's NSGAIISampler."""
        from autocnn.search.samplers.from_optuna import ForgetfulNSGAIISampler

        return ForgetfulNSGAIISampler(
            seed=wish.seed, population_size=self.population, crossover_prob=self.crossover
        )


@STRATEGIES.register("nsga3")
class Nsga3(Nsga2):
    """As `nsga2`, with reference points that spread many objectives; by Optuna, not measured."""

    paper: ClassVar[str] = "Deb and Jain, IEEE Transactions on Evolutionary Computation 18, 2014"

    def make(self, wish: Wish) -> BaseSampler:
        """Optuna's NSGAIIISampler."""
        from autocnn.search.samplers.from_optuna import ForgetfulNSGAIIISampler

        return ForgetfulNSGAIIISampler(
            seed=wish.seed, population_size=self.population, crossover_prob=self.crossover
        )
