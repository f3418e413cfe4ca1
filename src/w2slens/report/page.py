"""The page: a dict of words, numbers and inline figures, then one template."""

from collections import Counter
from functools import partial
from typing import Any

import jinja2

from w2slens._core.format import measured, number
from w2slens.experiments.results import Results
from w2slens.experiments.table import SCORE_TITLES
from w2slens.models.risks import MODELS
from w2slens.report.plots import (
    LOOKS,
    curve_name,
    plot_canonical,
    plot_comparison,
    plot_inheritance,
    plot_map,
    plot_ratios,
    plot_risks,
    plot_spectra,
)
from w2slens.report.svg import panel

HEADLINES = {
    "w2s": "Train the strong model on the teacher's labels",
    "strong-on-labels": "Train the strong model on the true labels",
    "weak-is-enough": "Keep the weak teacher",
    "label-more": "No model has learnt enough yet",
    "too-close": "Too close to call",
}
"""What a verdict's action says, in words."""

DRAWN_CURVES = 12
"""A sweep of more curves shows the figures of the first ones and all numbers."""

SHOWN_CELLS = 12
"""A table of more cells is folded."""


def render(results: Results, *, title: str | None = None, command: str | None = None) -> str:
    """Render a run or a sweep as HTML that needs nothing from the network.

    Parameters
    ----------
    results
        Of `transfer`, `sweep`, `simulate` or `load_results`.
    title
        Headline of the page; default the recipe's.
    command
        Command line that replays the run; default the recorded one, if there is one.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("w2slens.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "measured": measured}
    return environment.get_template("page.html").render(summary(results, title, command))


def summary(results: Results, title: str | None, command: str | None) -> dict[str, Any]:
    """Collect all that the page shows."""
    config = results.config
    curves = [
        _curve(curve, curve_name(results, place), drawn=place < DRAWN_CURVES)
        for place, curve in enumerate(results.curves())
    ]
    several = len(curves) > 1
    verdict = _overall(curves) if several else curves[0]["verdict"]
    return {
        "title": title or config.get("title") or "Weak-to-strong run",
        "replay": _replay(config, command),
        "config": {key: value for key, value in config.items() if key != "recipe"},
        "scale": results.scale,
        "models": {name: LOOKS[name][0] for name in MODELS},
        "curves": curves,
        "several": several,
        "verdict": verdict,
        "headline": HEADLINES[verdict["action"]],
        "comparison": _comparison(results) if several else "",
        "shown_cells": SHOWN_CELLS,
        "score_titles": SCORE_TITLES,
    }


def _curve(curve: Results, name: str, *, drawn: bool) -> dict[str, Any]:
    dims = curve.dimensions
    document = curve.to_dict()
    size = (curve.head["n"], curve.head["N"])
    head = next(cell for cell in document["cells"] if (cell["n"], cell["N"]) == size)
    return {
        "name": name,
        "head": head,
        "rows": dims.rows,
        "d_w": dims.d_w,
        "d_s": dims.d_s,
        "learnable": dims.learnable_by_strong_only,
        "not_copied": dims.not_copied,
        "figures": _figures(curve, name) if drawn else [],
        **document,
    }


def _figures(curve: Results, name: str) -> list[str]:
    """Draw the panels of one curve, in reading order."""
    dims, n, N = curve.dimensions, curve.predicted.n, curve.predicted.N
    drawn = [
        (partial(plot_risks, curve), "Measured and predicted risks over the labels n"),
        (partial(plot_ratios, curve), "PGR and OPR over the labels n"),
    ]
    if len(N) > 1:
        top = max(n)
        drawn += [
            (partial(plot_risks, curve, n=top), "Risks over the pseudo-labels N"),
            (partial(plot_ratios, curve, n=top), "PGR and OPR over the pseudo-labels N"),
        ]
    if len(n) > 1 and len(N) > 1:
        drawn += [
            (partial(plot_map, curve, ratio=ratio), f"Map of {ratio.upper()} over n and N")
            for ratio in ("opr", "pgr")
        ]
    drawn += [
        (partial(plot_spectra, dims), "Eigenvalue spectra of the weak and strong features"),
        (partial(plot_canonical, dims), "Squared canonical correlations of the features"),
        (
            partial(plot_inheritance, dims, N=N),
            "Share of the teacher's variance that the student inherits and sheds",
        ),
    ]
    return [panel(draw, f"{name}: {description}") for draw, description in drawn]


def _overall(curves: list[dict[str, Any]]) -> dict[str, str]:
    """Say of a sweep what most of its curves say, and which differ."""
    counts = Counter(curve["verdict"]["action"] for curve in curves).most_common()
    action = counts[0][0]
    example = next(curve for curve in curves if curve["verdict"]["action"] == action)
    shares = ", ".join(f"{found} for {count} of {len(curves)} curves" for found, count in counts)
    reason = f"{shares}. For instance {example['name']}: {example['verdict']['reason']}"
    return {"action": action, "reason": reason}


def _comparison(results: Results) -> str:
    size = (5.6, 1.5 + 0.42 * len(results.settings))
    return panel(partial(plot_comparison, results), "PGR and OPR of all curves", size)


def _replay(config: dict[str, Any], command: str | None) -> list[str]:
    """Return what replays the run: a command, or a recipe and its command."""
    if command or "command" in config:
        return [command or config["command"]]
    if "recipe" in config:
        return ["w2slens sweep recipe.yaml --out DIR", config["recipe"]]
    return []
