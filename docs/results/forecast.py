"""Measure how far predictions and forecasts are from measurement on real features.

    python docs/results/forecast.py     # after the features of coloured-fashion-mnist and sst2

In every cell 20 draws are measured; their mean is the truth. The oracle prediction knows the
moments of all rows and labels, a forecast the n labels of its draw and the features of the pool.
"""

import time
import warnings
from dataclasses import replace

import numpy as np
from _page import HERE, ROOT, write_page
from joblib import Parallel, delayed
from matplotlib.figure import Figure

from w2slens import sweep
from w2slens.experiments.split import Split
from w2slens.features.digits import digits
from w2slens.forecasting.forecast import forecast_pair
from w2slens.forecasting.pool import Unlabeled
from w2slens.forecasting.pool_side import PoolSide
from w2slens.forecasting.sample import LabeledSide, Labels, PairSample
from w2slens.models.design import Design
from w2slens.moments.components import principal

TRIALS = 20

SMALL_POOL, SMALL_LABELS, SMALL_TRIALS = 500, (120, 200, 300), 10
"""Sizes and draws of the study of the overlap."""

SIDES = ("weak", "strong")

COLORS = {"coloured": "#0072B2", "SST-2": "#D55E00", "digits": "#009E73"}

EDGE = 0.03
"""Cells whose gap is smaller than this share of the teacher's risk have no PGR worth a number."""


class Gaussian(PoolSide):
    """A side whose leverages are not looked at."""

    def shows(self, n):
        """Show nothing."""
        return False


class PlugIn(Unlabeled):
    """A pool whose overlap counts as it was measured, chance included."""

    @property
    def overlap(self):
        """Take the sample's."""
        return self.correlations


def sources():
    """Name → teachers, student, labels, groups, n, N, test rows."""
    coloured, sst2 = ROOT / "build" / "coloured-fashion-mnist", ROOT / "build" / "sst2"

    def load(folder, name, keep):
        return principal(np.load(folder / name / "features.npy"), keep, name)

    names = ("mobilenet", "lite2", "pixels", "convolutions")
    teachers = {name: load(coloured, name, 56) for name in names}
    y = np.load(coloured / "lite0" / "labels.npy")
    yield (
        "coloured",
        (
            teachers,
            load(coloured, "lite0", 0.8),
            y,
            None,
            [120, 200, 300, 600],
            10_000,
            6000,
        ),
    )
    teachers = {name: load(sst2, name, 0.9) for name in ("layer0", "layer2", "layer4")}
    y = 2.0 * np.load(sst2 / "layer6" / "labels.npy") - 1
    groups = np.load(sst2 / "layer6" / "groups.npy")
    yield (
        "SST-2",
        (
            teachers,
            load(sst2, "layer6", 0.9),
            y,
            groups,
            [420, 1000, 1500],
            15_000,
            6000,
        ),
    )
    weak, strong, classes = digits()
    yield (
        "digits",
        ({"pixels": weak}, strong, np.eye(10)[classes], None, [100, 200, 400], 1000, 300),
    )


def cells(ridge):
    """Measure and forecast every cell; a dict each."""
    for source, (teachers, strong, y, groups, n, N, test) in sources():
        settings = {"ridge_weak": ridge, "ridge_strong": ridge, "groups": groups, "test": test}
        found = sweep(teachers, strong, y, n=n, N=N, trials=TRIALS, **settings)
        inside = None if groups is None else np.unique(groups, return_inverse=True)[1]
        splits = [Split.draw(len(strong), test, 0, t, inside) for t in range(TRIALS)]
        for name, weak in teachers.items():
            curve = found.select(teacher=name)
            measured = curve.summary.to_dict("records")
            oracle = curve.predicted
            for i, size in enumerate(n):
                jobs = (
                    delayed(one)(weak, strong, y.reshape(len(y), -1), split, size, N, ridge)
                    for split in splits
                )
                yield {
                    "source": source,
                    "teacher": name,
                    "n": size,
                    "ratio": size / curve.dimensions.d_w,
                    "measured": measured[i],
                    "dims": {"weak": curve.dimensions.d_w, "strong": curve.dimensions.d_s},
                    "oracle": {
                        "pgr": float(oracle.quiet_ratios()[0][i, 0]),
                        **{side: float(getattr(oracle, side)[i, 0]) for side in SIDES},
                    },
                    "draws": Parallel(n_jobs=2)(jobs),
                }


def one(weak, strong, y, split, n, N, ridge):
    """Forecast from the labels of one draw, with and without what leverages say."""
    pool = split.pool(N)
    rows = Unlabeled.from_rows(weak[pool], strong[pool])
    pair = sample(weak, strong, y, split.labels(n), rows)
    found = forecast_pair(pair, N, ridge, ridge)
    intervals = {name: found.interval(name) for name in ("pgr", "opr", "weak", "w2s", "strong")}
    draw = {"pgr": found.pgr, "opr": found.opr, "interval": intervals}
    draw["bare"] = bare_pgr(found)
    if ridge == 0:
        sides = rows.weak, rows.strong
        plain = Unlabeled(rows.moments, *(Gaussian(s.rows, s.name, s.moments) for s in sides))
        draw["gaussian"] = forecast_pair(replace(pair, pool=plain), N, 0, 0).pgr
        draw["noise"] = {s.name: s.drawn(n) if s.shows(n) else None for s in sides}
    return draw


def sample(weak, strong, y, labels, pool):
    """Put labeled rows beside a pool."""
    known = Labels.of(y[labels])
    sides = (LabeledSide(Design.from_rows(rows[labels]), known) for rows in (weak, strong))
    return PairSample(*sides, pool)


def bare_pgr(found):
    """Bare leave-one-out: the same three errors, and nothing of theory but the ceiling's rows."""
    weak, student, strong = (float(np.mean(losses)) for losses in found.losses)
    gap = weak - strong * float(found.risks.ceiling[0, 0] / found.risks.strong[0, 0])
    return (weak - student) / gap if gap > 0 else np.nan


def judged(every):
    """Keep the cells that have a gap."""
    return [
        cell
        for cell in every
        if cell["measured"]["weak"] - cell["measured"]["ceiling"] > EDGE * cell["measured"]["weak"]
    ]


def errors(cell, key):
    """Absolute errors of the draws' PGR; an undefined one counts as a guess of one half."""
    guesses = np.nan_to_num([draw[key] for draw in cell["draws"]], nan=0.5).clip(-1, 1.2)
    return np.abs(guesses - cell["measured"]["pgr"])


def covered(cell, name):
    """Share of the draws whose interval holds the measured value."""
    truth = cell["measured"][name]
    return np.mean([a <= truth <= b for a, b in (d["interval"][name] for d in cell["draws"])])


def leverages(every):
    """Compare measured risks near n = d with theory's, and with leverages in the place of Gauss's.

    A ridgeless risk is (σ² + ρ)·(1 + noise learned), so that the ratio of what is learned carries
    over.
    """
    lines = []
    for cell in every:
        for side in SIDES:
            n, d = cell["n"], cell["dims"][side]
            drawn = [draw["noise"][side] for draw in cell["draws"]]
            if side == "strong" and cell["teacher"] not in ("mobilenet", "layer0", "pixels"):
                continue  # one student for all teachers of a task
            if n > 2.5 * d or any(found is None for found in drawn):
                continue
            truth, oracle = cell["measured"][side], cell["oracle"][side]
            learned = np.mean([found.share for found in drawn])
            better = oracle * (1 + learned) / (1 + d / (n - d - 2))
            lines.append(
                f"| {cell['source']} | {cell['teacher'] if side == 'weak' else 'student'} | {d} | "
                f"{n:,} | {truth / oracle:.2f} | {truth / better:.2f} |"
            )
    return "\n".join(dict.fromkeys(lines))


def overlaps():
    """Forecast with a small pool, the overlap debiased and not: lines of a table."""
    (_, (teachers, strong, y, *_, test)) = next(sources())
    y, lines = y.reshape(len(y), -1), []
    splits = [Split.draw(len(strong), test, 0, t) for t in range(SMALL_TRIALS)]
    settings = {"n": SMALL_LABELS, "N": SMALL_POOL, "trials": TRIALS, "test": test}
    found = sweep(teachers, strong, y[:, 0], ridge_weak=0, ridge_strong=0, **settings)
    for name, weak in teachers.items():
        for measured in found.select(teacher=name).summary.to_dict("records"):
            n = measured["n"]
            errors = {}
            for kind in (Unlabeled, PlugIn):
                guesses = []
                for split in splits:
                    pool = split.pool(SMALL_POOL)
                    rows = kind.from_rows(weak[pool], strong[pool])
                    pair = sample(weak, strong, y, split.labels(n), rows)
                    guesses.append(forecast_pair(pair, SMALL_POOL, 0, 0).pgr)
                errors[kind] = np.nan_to_num(guesses, nan=0.5) - measured["pgr"]
            cells = (f"{np.median(np.abs(e)):.3f} ({np.median(e):+.3f})" for e in errors.values())
            lines.append(f"| {name} | {n} | {measured['pgr']:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(lines).replace("-", "−")


def row(cell):
    """Write a line of the table of cells."""
    return (
        f"| {cell['source']} | {cell['teacher']} | {cell['n']:,} | {cell['measured']['pgr']:.2f} | "
        f"{cell['oracle']['pgr']:.2f} | {np.median(errors(cell, 'pgr')):.3f} | "
        f"{np.median(errors(cell, 'bare')):.3f} | {covered(cell, 'pgr'):.2f} |"
    ).replace("-", "−")


def totals(every):
    """Write the lines of the summary."""
    oracle = np.abs([c["oracle"]["pgr"] - c["measured"]["pgr"] for c in every])
    near = [c["source"] == "coloured" and c["ratio"] >= 2 for c in every]
    gaussian = []
    if "gaussian" in every[0]["draws"][0]:
        plain = [np.median(errors(c, "gaussian")) for c in every]
        gaussian = [("forecast, leverages not looked at", plain)]
    half = np.abs([0.5 - c["measured"]["pgr"] for c in every])
    rows = [
        ("oracle prediction", oracle),
        ("oracle prediction, coloured, n ≥ 2·d_w", oracle[near]),
        ("forecast", [np.median(errors(c, "pgr")) for c in every]),
        *gaussian,
        ("bare leave-one-out", [np.median(errors(c, "bare")) for c in every]),
        ("a constant .5", half),
    ]
    return "\n".join(f"| {name} | {np.median(e):.3f} | {np.max(e):.3f} |" for name, e in rows)


def coverage(every):
    """Write the coverage of the intervals over all cells and draws."""
    names = ("pgr", "opr", "weak", "w2s", "strong")
    shares = {name: np.mean([covered(cell, name) for cell in every]) for name in names}
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())


def draw(panels):
    """Draw forecasts (the middle four fifths of the draws) and oracles over measurements."""
    figure = Figure(figsize=(10.5, 4.6), layout="constrained")
    for ax, (what, every) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        for source, color in COLORS.items():
            some = [cell for cell in every if cell["source"] == source]
            truth = [cell["measured"]["pgr"] for cell in some]
            ax.plot(truth, [cell["oracle"]["pgr"] for cell in some], "x", color=color)
            guesses = [[draw["pgr"] for draw in cell["draws"]] for cell in some]
            middle, low, high = np.nanquantile(guesses, (0.5, 0.1, 0.9), axis=1)
            bars = [middle - low, high - middle]
            ax.errorbar(truth, middle, yerr=bars, fmt="o", color=color, label=source)
        ax.axline((0, 0), slope=1, color="#888888", linewidth=0.8)
        ax.set(xlabel="measured PGR", ylabel="forecast PGR", title=what, ylim=(-1, 1.2))
        ax.legend(frameon=False)
    figure.savefig(HERE / "images" / "forecast.png", dpi=100)


def main():
    warnings.simplefilter("ignore")
    begin = time.perf_counter()
    plain, tuned = (judged(cells(ridge)) for ridge in (0.0, "auto"))
    draw({"ridgeless": plain, "tuned": tuned})
    values = {"leverages": leverages(plain), "overlaps": overlaps()}
    for name, every in (("plain", plain), ("tuned", tuned)):
        values[name] = totals(every)
        values[f"{name}_coverage"] = coverage(every)
        values[f"{name}_cells"] = "\n".join(map(row, every))
        values[f"{name}_count"] = str(len(every))
    both = [np.median(errors(cell, "pgr")) for cell in (*plain, *tuned)]
    values["all"] = f"{np.median(both):.3f}"
    values["minutes"] = f"{(time.perf_counter() - begin) / 60:.0f}"
    write_page("forecast", **values)


if __name__ == "__main__":
    main()
