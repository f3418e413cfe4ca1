"""The weak-to-strong student: strong features fitted to a teacher's scores on the pool."""

from w2slens.models.probe import LinearProbe
from w2slens.moments.moments import Moments
from w2slens.moments.products import product
from w2slens.moments.solve import Solve


def imitate(
    pool: Moments,
    teacher: LinearProbe,
    ridge: float = 0.0,
    *,
    weak: str = "weak",
    solve: Solve | None = None,
) -> LinearProbe:
    """Fit the strong features to the teacher's pseudo-labels, by moments of the pool alone.

    The teacher's scores are linear in the weak features, so their cross-scatter with the strong
    ones is ``Σ_sw θ_w``: the pool's rows are not needed, and no true label is used.

    Parameters
    ----------
    pool
        Moments of the N unlabeled rows with the teacher's block and ``strong``.
    teacher
        Scores k outputs from the weak features; `LinearProbe.stack` trains many at once.
    ridge
        λ_s ≥ 0; at 0 the minimum-norm least-squares solution.
    weak
        Name of the teacher's block.
    solve
        ``pool.solver("strong", ridge)`` where the caller has it already.

    Returns
    -------
    LinearProbe on the strong features.
    """
    solve = solve or pool.solver("strong", ridge)
    coef = solve(product(pool.cross("strong", weak), teacher.coef))
    return LinearProbe.centred(coef, pool.centre("strong"), teacher.predict(pool.centre(weak)))
