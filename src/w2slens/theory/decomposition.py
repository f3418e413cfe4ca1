"""Where the W2S student's risk comes from: the paper's split, for any ridge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from w2slens._core import check
from w2slens._core.types import Array
from w2slens.theory.fits import Fit
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Sites
from w2slens.theory.student import Relay, Student


@dataclass(frozen=True, eq=False)
class Inheritance:
    """The W2S student's excess risk, as the sum of three parts, each (len(n), len(N)).

    Attributes
    ----------
    n, N
        Numbers of labels and of pseudo-labels.
    inherited
        ``(τ_w²/n)·d_sw``: the teacher's variance where the student can express it too.
    discrepancy
        ``(τ_w²/n)·d_w_only·df2_s/(N − df2_s)``: what a finite pool lets through of the rest.
    bias
        (len(n), len(N)): what the mean teacher and the student's ridge and pool miss of f*.
    d_sw, d_w_only
        ``tr(Σ_ssR_sΣ_swR_wΣ_wwR_wΣ_wsR_s)`` and ``tr(QR_wΣ_wwR_w)`` at the effective ridges;
        without ridge the correlation dimension and ``d_w − d_sw``.
    """

    n: tuple[int, ...]
    N: tuple[int, ...]
    inherited: Array
    discrepancy: Array
    bias: Array
    d_sw: Array
    d_w_only: Array

    @property
    def risk(self) -> Array:
        """The whole: what ``predict(…, method="equivalent").w2s`` gives."""
        return self.inherited + self.discrepancy + self.bias


def inheritance(
    problem: Problem,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    ridge_weak: float = 0.0,
    ridge_strong: float = 0.0,
) -> Inheritance:
    """Split the W2S student's risk into inherited variance, discrepancy and bias.

    Parameters
    ----------
    problem
        The population.
    n, N
        Numbers of labels and pseudo-labels; the result is over their product.
    ridge_weak, ridge_strong
        λ_w of the teacher and λ_s of the student.

    Returns
    -------
    Inheritance

    Raises
    ------
    InputError
        If a size or a ridge is malformed, or E f*² is needed and was not given.

    References
    ----------
    The ridgeless split: arXiv 2502.05075, theorem 1. With ridge: derived for this library from the
    two-stage deterministic equivalent.

    Examples
    --------
    >>> pair = Problem.gaussian(d_w=40, d_s=20, d_sw=5, noise=1.0)
    >>> found = inheritance(pair, n=100, N=60)
    >>> print(f"{found.inherited[0, 0]:.3f} {found.discrepancy[0, 0]:.3f}")
    0.083 0.292
    """
    rows, pools = check.counts(n, "n"), check.counts(N, "N")
    λ_w = check.non_negative(ridge_weak, "ridge_weak")
    λ_s = check.non_negative(ridge_strong, "ridge_strong")
    if λ_w or λ_s or min(rows) < problem.d_w or min(pools) < problem.d_s:
        problem.require_signal()
    teacher = Fit(problem.weak, problem.noise, Sites.of(rows, λ_w))
    student = Student.of(Relay.of(problem, problem), Sites.of(pools, λ_s))
    # C_w is (τ_w²/n)·R_wΣ_wwR_w: what follows without that factor counts dimensions
    known = teacher.shrinkage.defined[:, None]
    shares = teacher.shrinkage.values * teacher.shrinkage.resolvent**2
    taught = student.relay.spread(np.where(known, shares, np.nan))
    d_sw = student.listening.kept(taught, problem.strong.spectrum.values)
    d_w_only = student.listening.lacked(taught)
    level = (teacher.misfit / np.array(rows, float))[:, None]
    copied = np.where(student.shrinkage.defined, student.shrinkage.copied, np.nan)
    inherited = np.where(student.shrinkage.defined, level * d_sw, np.nan)
    discrepancy = level * d_w_only * copied
    bias, variance = student.risk(teacher, problem.strong.along(problem.strong))
    rest = bias + variance - inherited - discrepancy
    return Inheritance(rows, pools, inherited, discrepancy, rest, d_sw, d_w_only)
