"""Compare the released estimator of the correlation dimension with ours on real pairs of networks.

    w2slens features recipes/coloured-fashion-mnist/features.yaml     # once
    python docs/results/correlation.py

The control is a random rotation of the student's features: no fit changes by it, so neither may an
overlap.
"""

import warnings
from pathlib import Path

import numpy as np
from _page import write_page
from matplotlib.figure import Figure

from w2slens import dimensions
from w2slens.measure.published import coordinate_overlap
from w2slens.moments.components import principal

HERE = Path(__file__).parent
STORES = HERE.parents[1] / "build" / "coloured-fashion-mnist"

STUDENT, ROWS, ENERGY = "lite0", 20_000, 0.9

PAIRS = {
    "lite0": "the student itself",
    "lite2": "EfficientNet-Lite2",
    "mobilenet": "MobileNetV2",
    "convolutions": "random convolutions",
    "pixels": "raw pixels",
}


def load(name):
    """Read the first rows of a store."""
    return np.load(STORES / name / "features.npy", mmap_mode="r")[:ROWS].astype(np.float64)


def released(weak, strong):
    """Overlap and chance level as the released code computes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return coordinate_overlap(weak, strong, energy=ENERGY)


def ours(weak, strong):
    """Dimensions of both sides cut to the same energy."""
    return dimensions(principal(weak, ENERGY, "weak"), principal(strong, ENERGY, "strong"))


def measure():
    """Both estimators for every pair, as it is and with the student rotated."""
    strong = load(STUDENT)
    rng = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(rng.standard_normal((strong.shape[1],) * 2))
    turned = strong @ rotation
    rows = []
    for name in PAIRS:
        weak = load(name)
        found = [released(weak, side) for side in (strong, turned)]
        rows.append((name, found, [ours(weak, side) for side in (strong, turned)]))
    return rows


def draw(rows):
    """Draw both estimators before and after the rotation."""
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    ax = figure.subplots()
    places = np.arange(len(rows))
    series = (
        ("released code", [r[1][0][0] for r in rows], "#D55E00", "o", -0.18),
        ("released code, student rotated", [r[1][1][0] for r in rows], "#E69F00", "D", -0.06),
        ("w2slens", [r[2][0].d_sw for r in rows], "#0072B2", "s", 0.06),
        ("w2slens, student rotated", [r[2][1].d_sw for r in rows], "#56B4E9", "^", 0.18),
    )
    for label, values, color, marker, shift in series:
        ax.plot(places + shift, values, marker, color=color, label=label, markersize=7)
    chance = [r[1][1][1] for r in rows]
    for place, level in zip(places, chance, strict=True):
        ax.plot([place - 0.3, place + 0.3], [level] * 2, ":", color="#666666")
    ax.plot([], [], ":", color="#666666", label="chance of the released code, d_s·d_w/D")
    ax.set_xticks(places, [PAIRS[row[0]] for row in rows])
    ax.set_ylabel("correlation dimension d_sw")
    ax.set_ylim(bottom=0)
    ax.set_title("Overlap of EfficientNet-Lite0 with five teachers")
    ax.legend(frameon=False, fontsize=9)
    figure.savefig(HERE / "images" / "correlation.png", dpi=110)


def main():
    rows = measure()
    (HERE / "images").mkdir(exist_ok=True)
    draw(rows)
    lines = []
    for name, ((plain, chance), (turned, _)), (first, second) in rows:
        low, high = first.correlation.interval
        change = abs(second.correlation.unclipped - first.correlation.unclipped)
        lines.append(
            f"| {PAIRS[name]} | {first.d_w} | {first.d_s} | {plain:.1f} | {turned:.1f} "
            f"| {chance:.1f} | {first.d_sw:.1f} ({low:.1f} to {high:.1f}) | {change:.0e} |"
        )
    values = {"rows": "\n".join(lines), "count": f"{ROWS:,}", "energy": f"{ENERGY:.0%}"}
    write_page("correlation", **values)


if __name__ == "__main__":
    main()
