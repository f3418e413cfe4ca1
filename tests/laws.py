"""Assertions that several tests share."""

import numpy as np


def close(found, expected, relative=1e-8):
    """Assert equality up to a relative error in the Frobenius norm."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape
    scale = max(float(np.linalg.norm(expected)), 1e-300)
    error = float(np.linalg.norm(found - expected)) / scale
    assert error <= relative, f"relative error {error:.2e}, allowed {relative:.1e}"


def agrees(draws, truth, errors=3.0, slack=0.0):
    """Assert that a Monte-Carlo mean is within so many standard errors, plus slack, of truth."""
    draws = np.asarray(draws, float)
    se = draws.std(ddof=1) / len(draws) ** 0.5
    gap = abs(draws.mean() - truth)
    assert gap <= errors * se + slack, (
        f"mean {draws.mean():.5g} ± {se:.2g} is {gap / se:.1f} standard errors from {truth:.5g}"
    )
