"""What an unlabeled pool alone says of a pair's risks."""

from dataclasses import dataclass

from w2slens._linalg import spectrum
from w2slens.moments import Moments
from w2slens.theory.shrinkage import Shrinkage, Sites


@dataclass(frozen=True)
class Shares:
    """What the pool says without labels, for a realizable pair, in units of τ².

    Attributes
    ----------
    gap
        ``1/n + df1_w/n``: the teacher's squared error beyond the ceiling's, its bias included.
    gain
        What the student sheds of the teacher's variance.
    strong, ceiling
        ``1/(1 − df2/n)`` of the baseline, and the same of the ceiling at n + N rows.
    """

    gap: float
    gain: float
    strong: float
    ceiling: float

    @classmethod
    def of(cls, pool: Moments, n: int, N: int, λ_w: float, λ: float, λ_s: float) -> "Shares":
        """Evaluate them at ridges of the teacher, the student and the baseline.

        The ceiling keeps the baseline's total ridge.
        """
        weak, strong = (spectrum(pool.covariance(side, side)) for side in ("weak", "strong"))
        X = strong.vectors.T @ pool.covariance("strong", "weak") @ weak.vectors

        teacher = Shrinkage(weak, Sites.of(n, λ_w, True))
        student = Shrinkage(strong, Sites.of(N, λ, True))
        baseline = Shrinkage(strong, Sites.of(n, λ_s, True))
        ceiling = Shrinkage(strong, Sites.of(n + N, λ_s * n / (n + N), True))
        df1 = float(teacher.resolvent[0] @ weak.values)
        noise = weak.values * teacher.resolvent[0] ** 2 / (n - 1)
        shed = weak.values - student.relayed[0] @ X**2
        inherited = (student.resolvent[0] ** 2 * student.values) @ X**2
        return cls(
            df1 / (n - 1) + 1 / n,
            float(noise @ (weak.values - inherited - student.copied[0] * shed)),
            float(baseline.inflation[0]),
            float(ceiling.inflation[0]),
        )
