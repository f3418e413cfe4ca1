"""The interactive planner: a population and prices → one page that computes in the browser."""

import base64
import math
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.json import to_json
from w2slens.advise.budget import FEWEST, LARGEST, Shop
from w2slens.advise.planning import open_shop
from w2slens.advise.together import SIZES, PosteriorRisks
from w2slens.models.risks import MODEL_COLUMNS, MODELS
from w2slens.report.page import HEADLINES
from w2slens.report.plots.maps import COVERED, LEAST_REACH
from w2slens.report.plots.style import STUDENT_LOOKS
from w2slens.report.template import filled
from w2slens.theory import Problem
from w2slens.theory.outline import Outline, unexpressed
from w2slens.theory.population import AS_PREDICTED, Known, Population
from w2slens.theory.problem import ARRAYS
from w2slens.theory.tuned import CANDIDATES, DECADES

PRICES = {"cost_label": 1.0, "cost_pseudo": 0.01}
"""Of a label and of a pseudo-label, where none are given."""

PER_DIMENSION = (4, 20)
"""Labels and pseudo-labels a dimension that a page begins with, where neither are known."""

SHADES = 33  # colours of a map
NOTHING = 1e-12  # share of E f*² below which an error is rounding
DIGITS = 10  # of dimensions and errors; the rest is rounding
ALIKE = 1e-7  # difference of moments up to which a population is the canonical one


def planner(
    problem: Known,
    *,
    n: int | None = None,
    N: int | None = None,
    budget: float | None = None,
    **settings: Any,
) -> str:
    """Render a page on which sizes, dimensions, prices and ridges are moved.

    Its numbers are those of `w2slens.predict` and of `w2slens.plan`, computed by the page itself.

    Parameters
    ----------
    problem
        What the page begins with, as `w2slens.plan` takes it.
    n, N, budget
        Labels, pseudo-labels and money that it begins with; default what the population owns, else
        a few a dimension, and what these cost.
    settings
        The other keywords of `w2slens.plan`: prices, owned, pool, ridges, intercept.

    Raises
    ------
    InputError
        As `w2slens.plan` does.
    """
    shop = open_shop(problem, **{**PRICES, **settings})
    known = shop.known
    labels = shop.owned or _round(PER_DIMENSION[0] * known.problem.d_w)
    pseudo = known.pool or min(_round(PER_DIMENSION[1] * known.problem.d_s), shop.pool)
    sizes: dict[str, float] = {
        "n": labels if n is None else check.whole(n, "n", FEWEST),
        "N": pseudo if N is None else check.whole(N, "N"),
    }
    spent = float(shop.cost("w2s", *sizes.values())) if budget is None else budget
    sizes["budget"] = check.non_negative(spent, "budget")
    state = {
        "start": {**sizes, **_prices(shop, settings), **_canonical(known.problem)},
        "own": _own(known),
        "posterior": _posterior(shop),
        **_constants(),
    }
    facts = ["weak-to-strong training, before anyone trains", "everything is computed on this page"]
    values = {
        "title": "Planner: labels or pseudo-labels",
        "headline": "This page computes its answer",
        "answer": "Allow JavaScript to see it; nothing is sent anywhere.",
        "facts": facts,
        "action": "",
        "state": _json(state),
    }
    return filled("planner.html", values)


def _prices(shop: Shop, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the shop was told; an endless pool is null.

    Ridges are those that were asked for: the shop has none where E f*² is not known.
    """
    names = ("cost_label", "cost_pseudo", "cost_weak", "cost_strong", "owned", "intercept")
    ridges = {name: settings.get(name, "auto") for name in ("ridge_weak", "ridge_strong")}
    pool = None if shop.pool == LARGEST else shop.pool
    return {name: getattr(shop, name) for name in names} | ridges | {"pool": pool}


def _canonical(problem: Problem) -> dict[str, Any]:
    """Dimensions and errors by which the canonical instance resembles a population.

    What neither side expresses is noise there, as is what y has of it on the raw scale.
    """
    beyond = 0.0 if is_canonical(problem) else unexpressed(problem)
    noise = problem.noise + beyond
    left = {
        name: max(_settled(value - beyond, problem.energy), 0.0)
        for name, value in (("rho_w", problem.rho_w), ("rho_s", problem.rho_s))
    }
    signal = None if problem.signal is None else max(problem.signal - beyond, 0.0)
    dimensions = dict(zip(("d_w", "d_s", "d_sw"), _dimensions(problem), strict=True))
    found = {**dimensions, "noise": noise, **left, "signal": signal}
    return {name: value and float(f"{value:.{DIGITS}g}") for name, value in found.items()}


def _dimensions(problem: Problem) -> tuple[int, int, float]:
    d_w, d_s = problem.d_w, problem.d_s
    return d_w, d_s, min(round(problem.d_sw, DIGITS), float(min(d_w, d_s)))


def is_canonical(problem: Problem) -> bool:
    """Tell whether a population is the canonical instance of its dimensions, errors and signal."""
    energy, noise, signal = problem.energy, problem.noise, problem.signal
    rho_w, rho_s = (_settled(error, energy) for error in (problem.rho_w, problem.rho_s))
    try:
        other = Problem.gaussian(*_dimensions(problem), noise, rho_w, rho_s, signal)
    except InputError:
        return False
    near = ALIKE * (1 + math.sqrt(energy))
    pairs = ((getattr(problem, name), getattr(other, name)) for name in ARRAYS)
    return all(a.shape == b.shape and np.allclose(a, b, rtol=0, atol=near) for a, b in pairs)


def _settled(value: float, beside: float) -> float:
    return 0.0 if value <= NOTHING * beside else value


def _round(value: float) -> int:
    """Round to two digits."""
    return max(int(float(f"{value:.1e}")), 2)


def _own(known: Population) -> Mapping[str, Any] | None:
    """Outline a population that no dimensions describe; None where they do."""
    described = is_canonical(known.problem) and known.scale == "excess"
    if described and known.factors == AS_PREDICTED:
        return None
    return {
        **Outline.of(known.problem).to_dict(),
        "energy": known.problem.energy,
        "scale": known.scale,
        "factors": known.factors._asdict(),
    }


def _posterior(shop: Shop) -> Mapping[str, Any] | None:
    """Tabulate the student of labels and teacher together, for the population of the start."""
    if "posterior" not in shop.names() or shop.problem.signal is None:
        return None
    found = PosteriorRisks(shop.problem, shop.intercept)
    return {"sizes": SIZES.tolist(), "risks": (found.table * shop.known.factors.w2s).tolist()}


def _constants() -> dict[str, Any]:
    """Names, colours and bounds that the page shares with the library."""
    shades = mpl.colormaps["PuOr"](np.linspace(0, 1, SHADES))
    named = {name: column.full for name, column in zip(MODELS, MODEL_COLUMNS, strict=True)}
    return {
        "candidates": {"decades": DECADES, "count": CANDIDATES},
        "largest": LARGEST,
        "names": {**named, "posterior": STUDENT_LOOKS["posterior"][0]},
        "headlines": HEADLINES,
        "map": {
            "covered": COVERED,
            "least": LEAST_REACH,
            "shades": [to_hex(shade) for shade in shades],
        },
    }


def _json(state: Any) -> str:
    """Write JSON that ends no element of a page."""
    return to_json(_encoded(state)).replace("<", "\\u003c")


def _encoded(value: Any) -> Any:
    """Write arrays as base64 of float64."""
    if isinstance(value, Mapping):
        return {name: _encoded(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value, "<f8").tobytes()).decode()
        return {"shape": value.shape, "data": data}
    return value
