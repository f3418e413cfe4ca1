"""Fill the template of a results page, and the tables that pages share."""

import time
from pathlib import Path

from w2slens._format import measured, number
from w2slens.cells import pair
from w2slens.recipe import load_recipe
from w2slens.risk import MODELS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def write_page(name, **values):
    """Write NAME.md out of NAME.md.in, where @key@ stands for a value."""
    text = (HERE / f"{name}.md.in").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    (HERE / f"{name}.md").write_text(text, encoding="utf-8")


def run_recipe(folder, name):
    """Run a recipe, or read it back; the results and the seconds it took."""
    begin = time.perf_counter()
    campaign = load_recipe(ROOT / "recipes" / folder / f"{name}.yaml")
    out = ROOT / "build" / "results" / folder / name
    out.parent.mkdir(parents=True, exist_ok=True)
    return campaign.run(out), time.perf_counter() - begin


def cells_at(curve, N):
    """Rows of a curve's summary at one pool, as dicts."""
    return curve.summary[curve.summary["N"] == N].to_dict("records")


def risk_table(results, teachers, N):
    """Lines of one row a teacher and n, at one pool."""
    lines = []
    for name, label in teachers.items():
        curve = results.select(teacher=name)
        for row in cells_at(curve, N):
            mark = " ×" if row["peak"] else ""
            risks = " | ".join(measured(pair(row, model)) for model in MODELS)
            ratios = " | ".join(measured(pair(row, ratio), 2) for ratio in ("pgr", "opr"))
            dims = f"{curve.dimensions.d_w} | {number(curve.dimensions.d_sw)}"
            lines.append(f"| {label} | {dims} | {row['n']:,}{mark} | {risks} | {ratios} |")
    return "\n".join(lines)
