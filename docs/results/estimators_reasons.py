"""Why the estimators lose where they lose, measured: the loss, linear students, single rows."""

import numpy as np

from w2slens.experiments.split import Split

FAR = 5  # rows with the largest errors


def by_least_squares(made, said, squared, pair, n, trials):
    """Average Brier scores and accuracies of least squares: on n labels, and on the pool's too."""
    k, found = int(pair.y.max()) + 1, []
    for trial in range(trials):
        row = []
        for whole in (False, True):
            rows = made(pair, n, trial)
            if whole:
                split = Split.draw(len(pair.weak), pair.test, 0, trial)
                rows.y = np.concatenate([rows.y, pair.y[split.pool(pair.pool)]])
                rows.n = len(rows.y)
            scores = said(rows, k)
            row += [squared(scores, np.eye(k)[rows.truth])]
            row += [np.mean(scores.argmax(axis=1) == rows.truth)]
        found.append(row)
    return np.mean(found, axis=0)


def held_by_few(errors):
    """Share of the squared errors (rows,) that the `FAR` largest hold."""
    return float(np.sort(errors)[-FAR:].sum() / errors.sum())
