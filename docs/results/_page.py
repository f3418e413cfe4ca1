"""Fill the template of a results page, and the tables that pages share."""

import time
from pathlib import Path

from w2slens._core.format import measured, number
from w2slens.experiments.document import as_cells, pair
from w2slens.experiments.recipe import load_recipe
from w2slens.models.risks import MODELS
from w2slens.report.plots import Cut

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def write_page(name, **values):
    """Write NAME.md out of NAME.md.in, where @key@ stands for a value."""
    text = (HERE / f"{name}.md.in").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    (HERE / f"{name}.md").write_text(text, encoding="utf-8")


def run_recipe(folder, name):
    """Run a recipe, or read it back; the results and the seconds that the run took."""
    study = load_recipe(ROOT / "recipes" / folder / f"{name}.yaml")
    out = ROOT / "build" / "results" / folder / name
    out.parent.mkdir(parents=True, exist_ok=True)
    timing, begin = out.with_suffix(".seconds"), time.perf_counter()
    results = study.run(out)
    if not timing.exists():
        timing.write_text(f"{time.perf_counter() - begin:.0f}", encoding="utf-8")
    return results, float(timing.read_text(encoding="utf-8"))


def draw_opr(ax, results, looks, N, what):
    """Draw the OPR of teachers over n at one pool; `looks` is name → (label, colour, marker)."""
    for name, (label, color, marker) in looks.items():
        cut = Cut(results.select(teacher=name), None, N)
        cut.errorbar(ax, "opr", color=color, fmt=f"{marker}-", label=label)
    ax.axhline(1, color="#888888", linewidth=0.8)
    ax.set_ylabel("OPR")
    ax.set_title(f"OPR at N = {N:,}, every model {what}")
    cut.finish(ax)


def cells_at(curve, N):
    """Rows of a curve's summary at one pool, as dicts."""
    return curve.summary[curve.summary["N"] == N].to_dict("records")


def risk_table(results, teachers, N):
    """Lines of one row a teacher and n, at one pool; predictions in parentheses, where known."""
    lines = []
    for name, label in teachers.items():
        curve = results.select(teacher=name)
        known = as_cells(curve.predicted)
        for row in cells_at(curve, N):
            expected = known[row["n"], N]
            mark = " ×" if row["peak"] else ""
            risks = (beside(row, model, expected["risk"][model]) for model in MODELS)
            ratios = (beside(row, ratio, expected[ratio], 2) for ratio in ("pgr", "opr"))
            dims = f"{curve.dimensions.d_w} | {number(curve.dimensions.d_sw)}"
            cells = " | ".join([*risks, *ratios])
            lines.append(f"| {label} | {dims} | {row['n']:,}{mark} | {cells} |")
    return "\n".join(lines)


def beside(row, name, expected, decimals=None):
    """Write a measured mean with its error, and what was predicted."""
    text = number(expected) if decimals is None else f"{expected:.{decimals}f}"
    known = f" ({text})".replace("-", "−") if expected == expected else ""
    return measured(pair(row, name), decimals) + known


def noise_table(results, teachers, n, N):
    """Lines of one row a teacher and noise level, in one cell: ratios of risks and accuracies."""
    lines = []
    for name, label in teachers.items():
        for curve in results.select(teacher=name).curves():
            row = next(row for row in cells_at(curve, N) if row["n"] == n)
            expected = as_cells(curve.predicted)[n, N]
            risks = (beside(row, model, expected["risk"][model]) for model in MODELS)
            ratios = (beside(row, ratio, expected[ratio], 2) for ratio in ("pgr", "opr"))
            scores = (measured(pair(row, f"accuracy_{model}"), 3) for model in MODELS)
            cells = " | ".join([*risks, *ratios, *scores, measured(pair(row, "accuracy_pgr"), 2)])
            lines.append(f"| {label} | {curve.setting.noise:g} | {cells} |")
    return "\n".join(lines)
