"""How often does the 90% interval of d_sw hold the planted value?

400 draws each of Gaussian features with planted canonical correlations; 85–95% is asked at 600
rows. Run with one BLAS thread, the matrices being small:

    OPENBLAS_NUM_THREADS=1 python benchmarks/interval_coverage.py
"""

import json
from pathlib import Path

import numpy as np

from w2slens import dimensions

DRAWS = 400
CASES = {
    "30, 20: five of 1": (30, 20, [1.0] * 5),
    "30, 20: three of 1, six of .7": (30, 20, [1.0] * 3 + [0.7] * 6),
    "60, 40: nine of 1, eighteen of .7": (60, 40, [1.0] * 9 + [0.7] * 18),
    "30, 20: none (the truth is the bound 0)": (30, 20, []),
}


def planted(rng, rows, d_s, d_w, correlations):
    """Draw Gaussian features with the given canonical correlations."""
    strong, weak = rng.standard_normal((rows, d_s)), rng.standard_normal((rows, d_w))
    r = np.array(correlations)
    weak[:, : len(r)] = r * strong[:, : len(r)] + np.sqrt(1 - r**2) * weak[:, : len(r)]
    return weak, strong


def coverage(rows, d_s, d_w, correlations):
    """Share of draws whose interval holds the planted d_sw."""
    rng, truth = np.random.default_rng(rows), float(np.sum(np.square(correlations)))
    hits = 0
    for _ in range(DRAWS):
        low, high = dimensions(*planted(rng, rows, d_s, d_w, correlations)).correlation.interval
        hits += low <= truth <= high
    return hits / DRAWS


def main():
    result = {
        name: {str(rows): coverage(rows, *case) for rows in (160, 600, 3000)}
        for name, case in CASES.items()
    }
    text = json.dumps({"draws": DRAWS, "nominal": 0.9, "coverage_by_rows": result}, indent=2)
    (Path(__file__).parent / "results" / "interval_coverage.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
