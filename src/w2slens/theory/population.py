"""What may stand for a population: a `Problem`, or whatever knows one."""

from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from w2slens._core.errors import InputError
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import MODELS, Models, Risks, Scale
from w2slens.theory.problem import Problem

AS_PREDICTED: Models[float] = Models(1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Population:
    """A problem, and what else is known where it comes from.

    Attributes
    ----------
    problem
        Second moments, f* and noise.
    scale
        Of the risks that it predicts.
    factors
        Measured risks over predicted ones, by model: what the labels at hand say beyond theory.
    owned, pool
        Labels that are there already, and rows without labels, if any are known of.
    """

    problem: Problem
    scale: Scale = "excess"
    factors: Models[float] = AS_PREDICTED
    owned: int = 0
    pool: int | None = None

    def seen(self, risks: Risks) -> Risks:
        """Carry predicted risks to the scale and the level of what is known."""

        def scaled(one: Risks) -> Risks:
            moved: dict[str, Any] = {
                name: getattr(one, name) * factor
                for name, factor in zip(MODELS, self.factors, strict=True)
            }
            return replace(one, **moved, scale=self.scale)

        if self.factors == AS_PREDICTED:
            return replace(risks, scale=self.scale)
        parts: dict[str, Any] = {
            name: part and scaled(part)
            for name, part in (("bias", risks.bias), ("variance", risks.variance))
        }
        return replace(scaled(risks), **parts)


@runtime_checkable
class Described(Protocol):
    """Forecasts and results of runs: they know the population that they are of."""

    @property
    def population(self) -> Population:
        """The population."""


Known = Problem | Population | Described | Dimensions
"""What `population_of` takes."""


def population_of(given: Known, argument: str = "problem") -> Population:
    """Take a problem, a forecast, the results of a run, or dimensions.

    Dimensions alone say nothing of labels: f* is then what either side expresses, and the noise 1,
    so that risks are in units of the label noise.
    """
    if isinstance(given, Population):
        return given
    if isinstance(given, Problem):
        return Population(given)
    if isinstance(given, Dimensions):
        return Population(of_dimensions(given, argument=argument))
    if isinstance(given, Described):
        return given.population
    raise InputError(
        argument,
        f"is {type(given).__name__}; a Problem, Forecast, Results or Dimensions is needed",
    )


def of_dimensions(
    found: Dimensions,
    *,
    noise: float = 1.0,
    rho_w: float = 0.0,
    rho_s: float = 0.0,
    signal: float | None = None,
    argument: str = "problem",
) -> Problem:
    """Build the canonical instance of measured dimensions: ranks, and the debiased overlap."""
    d_w, d_s, d_sw = found.d_w, found.d_s, found.correlation.debiased
    if not np.isfinite(d_sw):
        raise InputError(
            argument,
            f"has too few rows to tell the overlap of the features from chance; more than "
            f"d_w + d_s + 1 = {d_w + d_s + 1:,} are needed",
        )
    most = float(min(d_w, d_s))
    return Problem.gaussian(d_w, d_s, float(np.clip(d_sw, 0.0, most)), noise, rho_w, rho_s, signal)
