"""Write the discrepancy table: what ten teachers of equal dimension pass on to one student.

    w2slens features recipes/discrepancy/features.yaml     # once
    python docs/results/discrepancy.py

All teachers are cut to 80 dimensions, so that they have the same variance; they differ in how many
of these the student shares. With labels of pure noise the risks are variances and nothing else.
"""

import time
from pathlib import Path

import numpy as np
from _page import beside, write_page
from joblib import Parallel, delayed
from matplotlib.figure import Figure
from scipy.stats import kendalltau

from w2slens import rank_teachers, sweep
from w2slens.experiments.split import Split
from w2slens.models.estimates import ratio_of_means
from w2slens.moments.components import principal
from w2slens.theory.exact import inherited

HERE = Path(__file__).parent
STORES = HERE.parents[1] / "build" / "discrepancy"

DIMENSIONS, ENERGY, LABELS, POOL, TEST, TRIALS = 80, 0.95, 240, 20_000, 10_000, 10
"""Dimensions of every teacher, energy of the student's, sizes of blocks, trials."""

TRUTH, DRAWS = 60, 10
"""Trials that the risks on coloured labels are the mean of, and rankings that are held to them."""

NAMES = {
    "own-top": "control: the student's own first components",
    "own-random": "control: a random part of the student's space",
    "lite2-64px": "EfficientNet-Lite2, 64 px",
    "lite1-64px": "EfficientNet-Lite1, 64 px",
    "lite0-32px": "EfficientNet-Lite0, 32 px",
    "mobilenet-64px": "MobileNetV2, 64 px",
    "mobilenet-32px": "MobileNetV2, 32 px",
    "pixels": "raw pixels, 16 px",
    "convolutions-5": "random convolutions, 5 × 5",
    "convolutions-9": "random convolutions, 9 × 9",
}


def pair():
    """Return the teachers by name, the student, and the coloured labels with their f*."""
    load = {path.name: np.load(path / "features.npy") for path in STORES.iterdir()}
    student = principal(load.pop("student"), ENERGY, "student")
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.standard_normal((student.shape[1], DIMENSIONS)))
    white = student / student.std(axis=0)
    teachers = {"own-top": student[:, :DIMENSIONS], "own-random": white @ basis}
    teachers |= {name: principal(x, DIMENSIONS, name) for name, x in load.items()}
    labels, target = (np.load(STORES / "student" / f"{k}.npy") for k in ("labels", "target"))
    return {name: teachers[name] for name in NAMES}, student, labels, target


def measure(teachers, student, labels, target):
    """Variance ratios on noise, and PGR and OPR on the coloured labels."""
    settings = {"n": LABELS, "N": POOL, "test": TEST, "trials": TRIALS, "ridge_weak": 0}
    noise = np.random.default_rng(1).standard_normal(len(labels))
    nothing = 1e-9 * np.random.default_rng(2).standard_normal(len(labels))
    settings["ridge_strong"] = 0
    pure = sweep(teachers, student, noise, target=nothing, **settings)
    coloured = {**settings, "target": target, "trials": TRUTH}
    plain = sweep(teachers, student, labels, **coloured)
    auto = {"ridge_weak": "auto", "ridge_strong": "auto"}
    tuned = sweep(teachers, student, labels, **{**coloured, **auto})
    rows = []
    for name in teachers:
        curve, found = pure.select(teacher=name), tuned.select(teacher=name)
        dims, table = curve.dimensions, curve.table
        ratio = ratio_of_means(table["w2s"].to_numpy(), table["weak"].to_numpy())
        shared, copied = inherited(dims.d_w, dims.d_s, dims.d_sw, np.array([POOL]))
        rows.append((name, dims, ratio, shared, shared + float(copied[0]), found))
    return rows, {"ridgeless": plain, "tuned": tuned}


def rankings(teachers, student, labels, measured):
    """Rank the teachers from the labels of each draw; lines of Kendall's τ with measured risks."""
    splits = [Split.draw(len(student), TEST, 0, t) for t in range(DRAWS)]
    lines = []
    for what, results in measured.items():
        truth = [results.select(teacher=name).summary["w2s"].iloc[0] for name in teachers]
        ridge = 0 if what == "ridgeless" else "auto"
        jobs = (delayed(ranked)(teachers, student, labels, split, ridge) for split in splits)
        draws = [{t.name: t for t in found.teachers} for found in Parallel(n_jobs=2)(jobs)]
        keys = {
            "forecast W2S risk": lambda t: t.risk,
            "overlap d_sw/d_w": lambda t: t.overlap_share,
            "‖P_s(I − P_w)‖, smallest first": lambda t: t.scores["norm"],
            "leave-one-out R² of the teacher": lambda t: -t.teacher_loo,
        }
        for title, key in keys.items():
            scores = np.array([[key(draw[name]) for name in teachers] for draw in draws])
            taus = [kendalltau(score, truth).statistic for score in scores]
            mean = kendalltau(scores.mean(axis=0), truth).statistic
            cells = f"{np.median(taus):.2f} | {min(taus):.2f} | {mean:.2f}".replace("-", "−")
            lines.append(f"| {what} | {title} | {cells} |")
    return "\n".join(lines)


def ranked(teachers, student, labels, split, ridge):
    """Rank from one draw of labels."""
    rows = np.concatenate([split.labels(LABELS), split.pool(POOL)])
    candidates = {name: features[rows] for name, features in teachers.items()}
    settings = {"ridge_weak": ridge, "ridge_strong": ridge}
    return rank_teachers(candidates, student[rows], labels[rows[:LABELS]], **settings)


def risks(results, teachers):
    """Lines of measured W2S risks, predictions in parentheses: ridgeless and tuned."""
    lines = []
    for name in teachers:
        cells = []
        for found in results.values():
            curve = found.select(teacher=name)
            row, expected = curve.summary.iloc[0], curve.predicted
            cells += [beside(row, m, float(getattr(expected, m)[0, 0])) for m in ("weak", "w2s")]
        lines.append(f"| {NAMES[name]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(rows):
    """Draw the headline figure."""
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], "--", color="#888888", label="theory: d_sw/d_w as N grows")
    for name, _, ratio, shared, _, _ in rows:
        control = name.startswith("own")
        color, marker = ("#D55E00", "D") if control else ("#0072B2", "o")
        ax.errorbar(shared, ratio.mean, yerr=ratio.se, fmt=marker, color=color, capsize=3)
        ax.annotate(name, (shared, ratio.mean), (6, -9), textcoords="offset points", fontsize=8)
    ax.set_xlabel("overlap d_sw/d_w of teacher and student")
    ax.set_ylabel("variance of the W2S student ÷ of its teacher")
    ax.set_title(f"Discrepancy is virtue: ten teachers of {DIMENSIONS} dimensions, one student")
    ax.legend(frameon=False)
    (HERE / "images").mkdir(exist_ok=True)
    figure.savefig(HERE / "images" / "discrepancy.png", dpi=120)


def main():
    begin = time.perf_counter()
    teachers, student, labels, target = pair()
    rows, measured = measure(teachers, student, labels, target)
    draw(rows)
    lines = []
    for name, dims, ratio, shared, predicted, tuned in rows:
        row, expected = tuned.summary.iloc[0], tuned.predicted.quiet_ratios()
        pgr, opr = (
            beside(row, ratio, float(value[0, 0]), 2)
            for ratio, value in zip(("pgr", "opr"), expected, strict=True)
        )
        lines.append(
            f"| {NAMES[name]} | {dims.d_sw:.1f} | {shared:.2f} | {predicted:.2f} "
            f"| {ratio.mean:.2f} ± {ratio.se:.2f} | {pgr} | {opr} |"
        )
    values = {
        "rows": "\n".join(lines),
        "risks": risks(measured, teachers),
        "ranking": rankings(teachers, student, labels, measured),
        "student": str(rows[0][1].d_s),
        "energy": f"{ENERGY:.0%}",
        "minutes": f"{(time.perf_counter() - begin) / 60:.0f}",
    }
    write_page("discrepancy", **values)


if __name__ == "__main__":
    main()
