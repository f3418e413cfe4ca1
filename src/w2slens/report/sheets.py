"""Pages of results that are no run: the answer in words, then figures, then tables.

Every kind of result is read from its document alone, so that an old folder has a page too.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from w2slens._core.errors import InputError
from w2slens._core.format import fixed, number
from w2slens._core.json import as_float
from w2slens._core.table import Table
from w2slens.advise.candidates import Ranking
from w2slens.advise.courses import Course, Plan
from w2slens.experiments.folder.believed import believing
from w2slens.forecasting.display import VERY_LABELS, forecast_table, students_table
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import MODELS, Risks
from w2slens.models.students import MODEL_OF
from w2slens.report import plots
from w2slens.report.figures import Panel
from w2slens.report.page import SHOWN_CELLS
from w2slens.report.svg import SIZE, panel
from w2slens.report.tables import ratios_first
from w2slens.report.template import filled

Document = Mapping[str, Any]


class Sheet(NamedTuple):
    """What a page shows."""

    title: str
    headline: str
    answer: str
    facts: Sequence[str]
    figures: Sequence[Panel]
    tables: Sequence[Table]
    reading: str
    height: float = SIZE[1]  # inches of a figure


def _dims(document: Document) -> Sheet:
    found = Dimensions.from_dict(dict(document))
    low, high = found.correlation.interval
    sure = f" (90% interval {number(low)} to {number(high)})" if low == low else ""
    share = found.d_sw / found.d_w
    answer = (
        f"The teacher has {found.d_w:,} dimensions, the student {found.d_s:,}; they share d_sw = "
        f"{number(found.d_sw)}{sure}. Without ridge the student inherits {share:.0%} of the "
        f"teacher's variance for ever, and sheds the rest as pseudo-labels grow. {found.left_out}"
    )
    figures = [
        (partial(plots.plot_spectra, found), "Eigenvalue spectra of both sides"),
        (partial(plots.plot_canonical, found), "Squared canonical correlations"),
    ]
    return Sheet(
        "Dimensions of a pair",
        f"d_sw = {number(found.d_sw)} of {found.d_w:,} shared",
        answer.strip(),
        [f"{found.rows:,} examples" if found.rows else "a population"],
        figures,
        found.tables(),
        "The rank is what a ridgeless fit uses; energy rank, participation ratio and stable rank "
        "are softer counts. Plug-in and chance are d_sw before its bias is taken off, and what "
        "unrelated features would show.",
    )


def _predict(document: Document) -> Sheet:
    risks = Risks.from_dict(document)
    pgr, opr = risks.quiet_ratios()
    known = np.argwhere(np.isfinite(risks.w2s) & np.isfinite(risks.weak))
    if len(known):
        i, j = known[-1]
        at = f"With {risks.n[i]:,} labels and {risks.N[j]:,} pseudo-labels"
        gain = "beats" if risks.w2s[i, j] < risks.weak[i, j] else "does not beat"
        headline = f"The student {gain} its teacher"
        answer = (
            f"{at} the W2S risk is {number(float(risks.w2s[i, j]))} and the teacher's "
            f"{number(float(risks.weak[i, j]))}; PGR {_ratio(pgr[i, j])}, OPR {_ratio(opr[i, j])}."
        )
    else:
        headline, answer = "No finite risk", "No cell has a student with a finite expected risk."
    figures: list[Panel] = [(partial(plots.plot_predicted, risks), "Predicted risks over n")]
    if len(risks.N) > 1:
        top = risks.n[int(np.argmax(risks.n))]
        figures.append((partial(plots.plot_predicted, risks, n=top), "Predicted risks over N"))
    if len(risks.n) > 1 and len(risks.N) > 1:
        figures += [
            (partial(plots.plot_map, risks, ratio=name), f"Map of {name.upper()} over n and N")
            for name in ("opr", "pgr")
        ]
    sizes = [f"{len(risks.n)} × {len(risks.N)} cells", f"{risks.scale} risk", risks.method]
    return Sheet(
        "Predicted weak-to-strong risks",
        headline,
        answer,
        sizes,
        figures,
        [ratios_first(risks.table(whole=True))],
        "Expected risks before anyone trains. A dash is a model without a finite expectation, or "
        "one whose risk the method does not give.",
    )


def _plan(document: Document) -> Sheet:
    found = Plan.from_dict(document)
    known = document.get("frontier") or {}
    frontier = {name: [Course.from_dict(c) for c in courses] for name, courses in known.items()}
    asked = {name: document.get(name) for name in ("budget", "target")}
    budget, target = asked.values()

    def draw(ax: Axes) -> Axes:
        return plots.plot_courses(frontier, ax, chosen=found.best, budget=budget, target=target)

    return Sheet(
        "A plan: labels or pseudo-labels",
        f"Recommended: {found.best.course}",
        found.reason,
        [f"{name} {value:g}" for name, value in asked.items() if value is not None],
        [(draw, "Predicted risk of every course over its cost")] if frontier else [],
        [found.table()],
        "Every course at the sizes that are best for it; the interval encloses 90% of its risks "
        "over draws of the labels. n* is where the authors' bound of PGR is largest; beyond N "
        "enough an endless pool lowers the W2S risk by less than 5%.",
    )


def _rank(document: Document) -> Sheet:
    found = Ranking.from_dict(document)
    return Sheet(
        "Which teacher to label with",
        f"Best teacher: {found.best.name}",
        found.reason,
        [f"{found.n:,} labels", f"{found.N:,} pseudo-labels", f"{len(found.teachers)} teachers"],
        [(partial(plots.plot_teachers, found), "Forecast risks of students and teachers")],
        [found.table()],
        "Risks are forecasts from the labels and the pool; intervals are 90%. d_sw/d_w is the "
        "share of the teacher's variance that a ridgeless student inherits.",
        1.8 + 0.5 * len(found.teachers),
    )


def _forecast(document: Document) -> Sheet:
    (n,), (N,) = document["n"], document["N"]
    values = {name: as_float(document["risk"][name][0][0]) for name in MODELS}
    ratios = {name: as_float(document[name][0][0]) for name in ("pgr", "opr")}
    ends = {
        name: [as_float(end) for end in document["interval"][name]] for name in (*values, *ratios)
    }
    return Sheet(
        "Forecast from few labels",
        f"OPR {_ratio(ratios['opr'])}, PGR {_ratio(ratios['pgr'])}",
        document["statement"],
        [f"{n:,} labels", f"{N:,} pseudo-labels", "raw risk in squared label units"],
        [(partial(plots.plot_forecast, values, ends), "Forecast risks with their intervals")],
        [forecast_table(document), *_students(document)],
        "Of the expected risks at this n, a property of the pair and not of this draw of the "
        "labels. An OPR below 1 means that the strong model on the labels alone does better. The "
        "students below are those of these very labels: imitate is W2S, and its risk another.",
        2.4,
    )


def _students(document: Document) -> list[Table]:
    """Return the table of students; older forecasts have none."""
    known = document.get("students")
    return [students_table(known, note=VERY_LABELS)] if known else []


def _train(document: Document) -> Sheet:
    name, known, facts = document["student"], document["students"], document["configuration"]
    risks = {each: as_float(one["risk"]) for each, one in known.items()}
    order = sorted(risks, key=lambda each: risks[each])
    columns = {MODEL_OF.get(each, each): each for each in order}
    values = {column: risks[each] for column, each in columns.items()}
    ends = {
        column: [as_float(end) for end in known[each]["interval"]]
        for column, each in columns.items()
    }
    low, high = ends[MODEL_OF.get(name, name)]
    return Sheet(
        "A student to take home",
        f"{name}: risk {number(risks[name])} ({number(low)} to {number(high)})",
        document["statement"],
        [
            f"{facts['n']:,} labels",
            f"{facts['N']:,} rows without",
            "raw risk in squared label units",
        ],
        [(partial(plots.plot_forecast, values, ends), "Forecast risks of all students")],
        [students_table(known, name)],
        "Forecasts for new rows like those of the pool, from exact leave-one-out on the labels and "
        "the posterior of f*; no row was held out.",
        3.0,
    )


def _ratio(value: float) -> str:
    return "–" if value != value else fixed(float(value))


KINDS: Mapping[str, tuple[Callable[[Document], Sheet], frozenset[str]]] = {
    "dims": (_dims, frozenset({"rows", "correlation"})),
    "plan": (_plan, frozenset({"best", "courses"})),
    "rank": (_rank, frozenset({"teachers", "measure"})),
    "train": (_train, frozenset({"student", "configuration"})),
    "forecast": (_forecast, frozenset({"interval", "statement"})),
    "predict": (_predict, frozenset({"risk", "pgr", "method"})),
}
"""Kind → how its document is read, and the keys by which it is known where it does not say."""


def render_sheet(document: Document) -> str:
    """Render the document of a result that is no run as a page."""
    read, _ = KINDS[kind_of(document)]
    with believing("folder", "holds a damaged result; make it again"):
        sheet = read(document)
        size = SIZE[0], sheet.height
        drawn = [panel(draw, words, size) for draw, words in sheet.figures]
        more = {"figures": drawn, "action": "", "shown_cells": SHOWN_CELLS}
        return filled("sheet.html", {**sheet._asdict(), **more})


def kind_of(document: Document) -> str:
    """Return what a document says that it is; older ones are known by their keys."""
    said = document.get("result")
    known = [kind for kind, (_, keys) in KINDS.items() if keys <= set(document)]
    kinds = known[:1] if said is None else [kind for kind in KINDS if kind == said]
    if not kinds:
        raise InputError(
            "folder", f"holds no result that has a page; {', '.join(KINDS)} and runs have"
        )
    return kinds[0]
