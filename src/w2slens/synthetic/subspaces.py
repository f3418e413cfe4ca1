"""Two feature subspaces with chosen canonical correlations and spectra."""

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.theory.canonical import TINY

LEAST_SHARE = 1e-10  # least eigenvalue over largest that can be planted; less counts as rounding


def correlations(canonical: ArrayLike, most: int) -> Array:
    """Validate canonical correlations; return all `most` of them, largest first.

    Those that miss 0 or 1 by rounding, as computed ones do, become 0 or 1.
    """
    r = check.numeric(canonical, "canonical").astype(np.float64)
    if r.ndim != 1 or len(r) > most:
        raise InputError(
            "canonical", f"has shape {r.shape}; a list of at most min(d_w, d_s) = {most} is needed"
        )
    check.finite(r, "canonical")
    for end in (0.0, 1.0):
        r[np.abs(r - end) < TINY] = end
    wrong = r[(r < 0) | (r > 1)]
    if len(wrong):
        raise InputError("canonical", f"holds {wrong[0]:g}; correlations lie in [0, 1]")
    return np.concatenate([np.sort(r)[::-1], np.zeros(most - len(r))])


def correlated_maps(r: Array, d_w: int, d_s: int) -> tuple[Array, Array]:
    """Map z to canonical coordinates: ``u_i = z_i``, ``v_i = r_i·z_i + √(1−r_i²)·z'_i``.

    The maps are (L, d_w) and (L, d_s): the last of the L = d_w + d_s + 1 latent coordinates is
    outside both subspaces.
    """
    pairs = np.arange(len(r))
    u, v = np.eye(d_w + d_s + 1, d_w), np.eye(d_w + d_s + 1, d_s, -d_w)
    v[pairs, pairs], v[d_w + pairs, pairs] = r, np.sqrt(1 - r**2)
    return u, v


def eigenvalues(value: float | ArrayLike, d: int, argument: str) -> Array:
    """Write a spectrum, a power α or (d,) values, as (d,) eigenvalues."""
    λ = check.numeric(value, argument).astype(np.float64)
    if λ.ndim == 0:
        λ = np.arange(1.0, d + 1) ** -check.non_negative(float(λ), argument)
    if λ.shape != (d,):
        raise InputError(argument, f"has shape {λ.shape}; a power or {d} eigenvalues are needed")
    check.finite(λ, argument)
    if not λ.min() > LEAST_SHARE * λ.max() > 0:
        raise InputError(
            argument,
            f"has eigenvalues from {λ.min():.3g} to {λ.max():.3g}; positive ones that span less "
            f"than a factor of {1 / LEAST_SHARE:.0e} are needed",
        )
    return λ


def rotation(d: int, rng: Generator) -> Array:
    """Draw an orthogonal (d, d) matrix uniformly."""
    Q, R = np.linalg.qr(rng.standard_normal((d, d)))
    return np.asarray(Q * np.sign(np.diag(R)))
