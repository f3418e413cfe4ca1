"""What the student expresses and its teacher does not: scores without labels."""

import numpy as np

from w2slens._core.types import Array
from w2slens.forecasting.pool import Unlabeled
from w2slens.moments.spectrum import Spectrum


def strong_only(pool: Unlabeled, ridge_weak: float, ridge_strong: float) -> tuple[float, float]:
    """Norm and squared Frobenius norm of ``P_s(I − P_w)``, P = K(K + NβI)⁻¹ over the pool's rows.

    At β = 0 these are projections: the norm is near 1, the squared Frobenius norm ``d_s − d_sw``
    with the plug-in overlap. Source: Xue et al., arXiv 2502.00620.

    `pool`: the rows, centred; `ridge_weak`, `ridge_strong`: β of P_w and of P_s.
    """
    C = pool.correlations
    kept_w = _kept(pool.weak.spectrum, ridge_weak)
    kept_s = _kept(pool.strong.spectrum, ridge_strong)
    lost = np.eye(len(kept_s)) - (C * (kept_w * (2 - kept_w))) @ C.T
    both = kept_s[:, None] * lost * kept_s
    return float(np.linalg.eigvalsh(both)[-1].clip(0) ** 0.5), max(float(np.trace(both)), 0.0)


def _kept(eigen: Spectrum, ridge: float) -> Array:
    return np.asarray(eigen.values / (eigen.values + ridge))
