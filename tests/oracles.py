"""Slow row-level truth: plain computations that the fast paths must equal."""

import numpy as np


def fit(X, Y, total_ridge=0.0, rcond=1e-9):
    """Centred least squares with total penalty nλ, minimum norm at 0; a function of rows."""
    mean, centre = X.mean(axis=0), Y.mean(axis=0)
    A, B = X - mean, Y - centre
    if total_ridge == 0:
        coef = np.linalg.pinv(A, rcond=rcond) @ B
    else:
        coef = np.linalg.solve(A.T @ A + total_ridge * np.eye(A.shape[1]), A.T @ B)
    return lambda Z: centre + (Z - mean) @ coef


def leave_one_out(X, Y, total_ridge=0.0):
    """Residuals of refits without each row, total penalty held fixed."""
    keep = ~np.eye(len(X), dtype=bool)
    fits = [fit(X[k], Y[k], total_ridge) for k in keep]
    return np.array([Y[i] - fits[i](X[i : i + 1])[0] for i in range(len(X))])


def leave_one_out_w2s(X_w, X_s, Y, pool_w, pool_s, total_weak, total_strong):
    """Scores of each labeled row by the student whose teacher did not see its label."""
    scores = []
    for i in range(len(Y)):
        k = np.arange(len(Y)) != i
        teacher = fit(X_w[k], Y[k], total_weak)
        student = fit(pool_s, teacher(pool_w), total_strong)
        scores.append(student(X_s[i : i + 1])[0])
    return np.array(scores)


def four_models(weak, strong, Y, truth, labels, pool, test, ridge_weak=0.0, ridge_strong=0.0):
    """Risks and scores of the four models on one split, row by row, in float64."""
    weak, strong = np.asarray(weak, float), np.asarray(strong, float)
    n, N = len(labels), len(pool)
    both = np.concatenate([labels, pool])
    teacher = fit(weak[labels], Y[labels], n * ridge_weak)
    student = fit(strong[pool], teacher(weak[pool]), N * ridge_strong)
    baseline = fit(strong[labels], Y[labels], n * ridge_strong)
    ceiling = fit(strong[both], Y[both], (n + N) * ridge_strong)
    scores = {
        "weak": teacher(weak[test]),
        "w2s": student(strong[test]),
        "strong": baseline(strong[test]),
        "ceiling": ceiling(strong[test]),
    }
    return {m: np.mean(np.sum((s - truth[test]) ** 2, axis=1)) for m, s in scores.items()}, scores


def planted(rng, rows, d_w, d_s, correlations):
    """Gaussian features with the given canonical correlations."""
    strong = rng.standard_normal((rows, d_s))
    weak = rng.standard_normal((rows, d_w))
    r = np.asarray(correlations, float)
    k = len(r)
    weak[:, :k] = r * strong[:, :k] + np.sqrt(1 - r**2) * weak[:, :k]
    return weak, strong


def invertible(rng, size, condition):
    """A random matrix of the given condition number."""
    U, _ = np.linalg.qr(rng.standard_normal((size, size)))
    V, _ = np.linalg.qr(rng.standard_normal((size, size)))
    return (U * np.geomspace(1, condition, size)) @ V
