"""The page: a dict of words, numbers and inline figures, then one template."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from w2slens.experiments.display import risks_table, score_tables
from w2slens.experiments.names import curve_name
from w2slens.experiments.results import Results
from w2slens.report.figures import comparison_figures, curve_figures
from w2slens.report.fresh import mark_of, sealed
from w2slens.report.tables import curves_table, ratios_first
from w2slens.report.template import filled

HEADLINES = {
    "w2s": "Train the strong model on the teacher's labels",
    "strong-on-labels": "Train the strong model on the true labels",
    "weak-is-enough": "Keep the weak teacher",
    "label-more": "No model has learnt enough yet",
    "too-close": "Too close to call",
    "posterior": "Train the strong model on labels and teacher together",
    "neighbours": "Train the strong model on labels, teacher and the pool's clusters together",
    "anchored": "Train the strong model on the labels, anchored at the W2S student",
    "both": "Use both models, by the posterior mean",
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
    return sealed(filled("page.html", summary(results, title, command)))


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
        "mark": mark_of(results) if title is None and command is None else "",
        "title": title or config.get("title") or "Weak-to-strong run",
        "facts": _facts(results),
        "replay": _replay(config, command),
        "config": {key: value for key, value in config.items() if key != "recipe"},
        "curves": curves,
        "action": verdict["action"],
        "answer": verdict["reason"],
        "headline": HEADLINES.get(verdict["action"], f"Take {verdict['action']}"),
        "comparison": several
        and {"figures": comparison_figures(results), "table": curves_table(results).titled("")},
        "shown_cells": SHOWN_CELLS,
    }


def _curve(curve: Results, name: str, *, drawn: bool) -> dict[str, Any]:
    document = curve.to_dict()
    sides, _ = curve.dimensions.tables()
    return {
        "name": name,
        "dimensions": curve.dimensions,
        "verdict": document["verdict"],
        "figures": curve_figures(curve, name) if drawn else [],
        "sides": sides.titled(""),
        "risks": ratios_first(risks_table(document).titled("")),
        "scores": {table.title: ratios_first(table.titled("")) for table in score_tables(document)},
    }


def _facts(results: Results) -> list[str]:
    """Say how large the run is, and of what."""
    config, count = results.config, len(results.settings)
    trials, noise = config["trials"], config.get("noise_levels", [0.0])
    facts = [f"{_range(config['n'])} labels", f"{_range(config['N'])} pseudo-labels"]
    facts.append("1 trial" if trials == 1 else f"{trials} trials")
    if count > 1:
        facts.append(f"{count} curves")
    if noise != [0.0]:
        facts.append(f"label noise {', '.join(map(str, noise))}")
    law = config.get("drawn", {}).get("law", "gaussian")
    if law != "gaussian":
        facts.append(f"{law} law")
    rows = results.curves()[0].dimensions.rows
    facts.append(f"{rows:,} examples" if rows else "rows drawn anew in every trial")
    outputs = f", summed over {config['outputs']} outputs" if config["outputs"] > 1 else ""
    return [*facts, f"{results.scale} risk in squared label units{outputs}"]


def _range(sizes: Sequence[int]) -> str:
    ends = dict.fromkeys((min(sizes), max(sizes)))
    return " to ".join(f"{size:,}" for size in ends)


def _overall(curves: list[dict[str, Any]]) -> dict[str, str]:
    """Say of a sweep what most of its curves say, and which differ."""
    counts = Counter(curve["verdict"]["action"] for curve in curves).most_common()
    action = counts[0][0]
    example = next(curve for curve in curves if curve["verdict"]["action"] == action)
    shares = ", ".join(f"{found} for {count} of {len(curves)} curves" for found, count in counts)
    reason = f"{shares}. For instance {example['name']}: {example['verdict']['reason']}"
    return {"action": action, "reason": reason}


def _replay(config: dict[str, Any], command: str | None) -> list[str]:
    """Return what replays the run: a command, or a recipe and its command."""
    if command or "command" in config:
        return [command or config["command"]]
    if "recipe" in config:
        return ["w2slens sweep recipe.yaml --out DIR", config["recipe"]]
    return []
