"""Run the paper's synthetic recipes and write the page of their results.

    python docs/results/synthetic.py         # about 2 minutes on 2 cores

The sweeps go to build/results/ (a second call reads them back); the page, its figures and the
table of numbers are written beside this file.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
from _page import write_page
from matplotlib.figure import Figure

from w2slens._core.format import number
from w2slens.experiments.recipe import load_recipe
from w2slens.models.risks import MODELS
from w2slens.report.plots import Cut, plot_risks, ratio

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "results"

RISKS = {"a": "A", "b": "B", "c": "C"}
"""Recipes whose risks are drawn, and the names of their figures."""

RATIOS = {
    "0.01": {"10": "a", "50": "shared50", "90": "b"},
    "0.1": {"10": "shared10-noisy", "50": "shared50-noisy", "90": "shared90-noisy"},
}
"""σ² → d_sw → recipe, for the figures of PGR and OPR."""

LOOKS = {"10": ("#0072B2", "s"), "50": ("#E69F00", "o"), "90": ("#D55E00", "^")}

AT_n, AT_N = 2000, 4000
"""Where the paper cuts the grid."""


def run(name):
    """Run a recipe, or read it back; the results and the seconds it took."""
    begin = time.perf_counter()
    results = load_recipe(ROOT / "recipes" / f"synthetic-{name}.yaml").run(BUILD / name)
    return results, time.perf_counter() - begin


def save(figure, name):
    """Write a figure beside the page."""
    figure.savefig(HERE / "images" / f"{name}.png", dpi=110)


def draw_risks(results, name):
    """Draw simulation, exact theory and bounds of one problem, over n and over N."""
    figure = Figure(figsize=(10.5, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_risks(results, left, N=AT_N)
    plot_risks(results, right, n=AT_n)
    save(figure, f"synthetic-{name}")


def draw_ratios(found, noise):
    """Draw PGR and OPR of three overlaps at one noise level, over n and over N."""
    figure = Figure(figsize=(10.5, 8.2), layout="constrained")
    for column, name in enumerate(("pgr", "opr")):
        for row, (n, N) in enumerate(((None, AT_N), (AT_n, None))):
            ax = figure.add_subplot(2, 2, 2 * row + column + 1)
            for shared, recipe in RATIOS[noise].items():
                results, (color, marker) = found[recipe], LOOKS[shared]
                cut = Cut(results, n, N)
                cut.errorbar(ax, name, color=color, fmt=marker, label=f"d_sw = {shared}")
                cut.curve(ax, ratio(results.predicted, name), color=color, linestyle="--")
                cut.curve(ax, getattr(results.bounds, name), color=color, linestyle=":")
            ax.plot([], [], "--", color="#888888", label="exact")
            ax.plot([], [], ":", color="#888888", label="authors' bound")
            ax.axhline(1, color="#888888", linewidth=0.8)
            ax.set_ylim(max(ax.get_ylim()[0], -0.6), None)
            ax.set_ylabel(name.upper())
            ax.set_title(f"{name.upper()} at {cut.where}, σ² = {noise}")
            cut.finish(ax)
    save(figure, f"synthetic-ratios-{noise}")


def differences(results):
    """Measured risk of every cell beside the exact one and the bound, in long form."""
    rows = []
    for place, cell in enumerate(results.summary.to_dict("records")):
        for model in MODELS:
            exact = getattr(results.predicted, model).ravel()[place]
            bound = getattr(results.bounds.risks, model).ravel()[place]
            mean, se = cell[model], cell[f"{model}_se"]
            rows.append((cell["n"], cell["N"], model, mean, se, exact, bound))
    return pd.DataFrame(rows, columns=["n", "N", "model", "mean", "se", "exact", "bound"])


def agreement(tables):
    """How far the simulation lies from the exact risks, in standard errors."""
    every = pd.concat(tables.values())
    z = (every["mean"] - every["exact"]) / every["se"]
    off = every["mean"] / every["exact"] - 1
    return z, off


def bound_rows(tables):
    """Lines of the table: where each problem's bounds fall below the measured risk."""
    lines = []
    for name, table in tables.items():
        for model in ("weak", "w2s"):
            part = table[table["model"] == model]
            below = part[part["bound"] < part["mean"] - 3 * part["se"]]
            gap = (1 - part["bound"] / part["mean"]).to_numpy()
            worst = part.iloc[int(np.argmax(gap))]
            cell = f"n = {worst['n']:,}, N = {worst['N']:,}"
            line = (
                f"| {name} | {'teacher' if model == 'weak' else 'W2S student'} "
                f"| {len(below)} of {len(part)} | {gap.max():.0%} ({cell}) "
                f"| {number(worst['mean'])} | {number(worst['exact'])} | {number(worst['bound'])} |"
            )
            lines.append(line)
    return lines


def broken_ratios(found):
    """Lines: where the lower bounds of PGR and OPR exceed the measured ratio."""
    lines = []
    for noise, recipes in RATIOS.items():
        for shared, recipe in recipes.items():
            results = found[recipe]
            summary = results.summary
            entries = []
            for name in ("pgr", "opr"):
                over = getattr(results.bounds, name).ravel() - summary[name].to_numpy()
                sure = over > 3 * summary[f"{name}_se"].to_numpy()
                worst = summary.iloc[int(np.nanargmax(over))]
                entries += [
                    f"{int(sure.sum())} of {len(summary)}",
                    f"{max(np.nanmax(over), 0):.2f} (n = {worst['n']:,}, N = {worst['N']:,})",
                ]
            lines.append(f"| {noise} | {shared} | " + " | ".join(entries) + " |")
    return lines


def constant_line(found):
    """In how many cells no model beats predicting the mean label."""
    lines = []
    for recipe, results in found.items():
        constant = results.table.groupby(["n", "N"])["constant"].mean().mean()
        best = results.summary[["weak", "w2s", "strong"]].min(axis=1)
        lines.append(
            f"| {recipe} | {number(constant)} | {(best < constant).sum()} of {len(best)} |"
        )
    return lines


def page(found, seconds):
    """Write everything down."""
    tables = {name: differences(results) for name, results in found.items()}
    z, off = agreement(tables)
    three = (z.abs() < 3).mean()
    values = {
        "seconds": "\n".join(f"| {name} | {value:.0f} s |" for name, value in seconds.items()),
        "cells": f"{len(z):,}",
        "z_mean": f"{z.mean():+.2f}",
        "z_sd": f"{z.std():.2f}",
        "three": f"{three:.1%}",
        "off": f"{np.median(np.abs(off)):.1%}",
        "bounds": "\n".join(bound_rows(tables)),
        "ratios": "\n".join(broken_ratios(found)),
        "constant": "\n".join(constant_line(found)),
    }
    write_page("synthetic", **values)
    summary = pd.concat(tables, names=["recipe"])
    summary = summary.reset_index("recipe").reset_index(drop=True)
    summary = summary[(summary["n"] == AT_n) | (summary["N"] == AT_N)]
    summary.to_csv(HERE / "synthetic.csv", index=False, float_format="%.5g")


def main():
    (HERE / "images").mkdir(exist_ok=True)
    names = [*RISKS, *(recipe for recipes in RATIOS.values() for recipe in recipes.values())]
    runs = {name: run(name) for name in dict.fromkeys(names)}
    found = {name: results for name, (results, _) in runs.items()}
    for name in RISKS:
        draw_risks(found[name], name)
    for noise in RATIOS:
        draw_ratios(found, noise)
    page(found, {name: spent for name, (_, spent) in runs.items()})


if __name__ == "__main__":
    main()
