"""Cross-correlations of two sides without what chance adds to them."""

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.measure.overlap import debias


def debiased_overlap(correlations: Array, rows: int) -> Array:
    """Shrink whitened cross-correlations (d_s, d_w) of so many rows to the debiased dimension.

    Rows of unrelated features correlate by chance: as they are, they would make the student
    inherit what it does not.
    """
    d_s, d_w = correlations.shape
    U, r, Vt = linalg.svd(correlations, full_matrices=False)
    return np.asarray((U * debiased_correlations(np.minimum(r, 1.0), d_w, d_s, rows)) @ Vt)


def debiased_correlations(canonical: Array, d_w: int, d_s: int, rows: int) -> Array:
    """Shrink sample canonical correlations so that their squares sum to the debiased dimension.

    They are (min(d_w, d_s),), largest first. With fewer than d_w + d_s + 2 rows nothing is known,
    and they stay as they are.
    """
    total = debias(float(np.sum(canonical**2)), d_w, d_s, rows)
    if not np.isfinite(total):
        return canonical
    total = float(np.clip(total, 0.0, len(canonical)))
    a, b = d_w / rows, d_s / rows
    edge = a + b - 2 * a * b + 2 * np.sqrt(a * b * (1 - a) * (1 - b))
    squares = canonical**2
    # Above the bulk of chance correlations a sample square s comes from the true square r that
    # solves s = r·(1−a+a/r)·(1−b+b/r): a population of a few correlations (Bao et al., 2019).
    half = (squares - a - b + 2 * a * b) / (2 * (1 - a) * (1 - b))
    inner = np.maximum(half**2 - a * b / ((1 - a) * (1 - b)), 0.0)
    alone = np.where(squares > edge, half + np.sqrt(inner), 0.0)
    spare = total - float(alone.sum())
    if spare < 0:
        return np.sqrt(alone * total / max(float(alone.sum()), 1e-300))
    room = squares - alone
    return np.sqrt(np.minimum(alone + room * min(spare / max(float(room.sum()), 1e-300), 1.0), 1.0))
