"""The interactive planner: a population and prices → one page that computes in the browser."""

import base64
import math
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex

from w2slens._core.errors import InputError
from w2slens._core.json import to_json
from w2slens._core.types import Ridge
from w2slens.advise.budget import LARGEST, Shop
from w2slens.advise.planning import open_shop
from w2slens.advise.together import SIZES, PosteriorRisks
from w2slens.models.risks import MODEL_COLUMNS, MODELS
from w2slens.report.page import HEADLINES
from w2slens.report.plots.maps import COVERED, LEAST_REACH
from w2slens.report.plots.style import STUDENT_LOOKS
from w2slens.report.template import filled
from w2slens.theory import Problem
from w2slens.theory.outline import Outline, unexpressed
from w2slens.theory.population import Known, Population
from w2slens.theory.tuned import CANDIDATES, DECADES

EXAMPLE = {"d_w": 40, "d_s": 60, "d_sw": 10, "noise": 1, "rho_w": 0.02, "rho_s": 0.01, "signal": 1}
"""What a page begins with where nothing is known: as in the documentation of `plan`."""

PRICES = {"cost_label": 1.0, "cost_pseudo": 0.01}
"""Of a label and of a pseudo-label, where none are given."""

PER_DIMENSION = (4, 20)
"""Labels and pseudo-labels a dimension that a page begins with, where neither are known."""

SHADES = 33  # colours of a map
NOTHING = 1e-12  # relative size below which numbers of a population are rounding


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
    labels = n or shop.owned or _round(PER_DIMENSION[0] * known.problem.d_w)
    pseudo = N or known.pool or min(_round(PER_DIMENSION[1] * known.problem.d_s), shop.pool)
    spent = float(shop.cost("w2s", labels, pseudo)) if budget is None else budget
    sizes = {"n": labels, "N": pseudo, "budget": spent}
    state = {
        "start": {**sizes, **_prices(shop), **_canonical(known.problem)},
        "own": _own(known),
        "posterior": _posterior(shop),
        **_constants(),
    }
    facts = ["weak-to-strong training, before anyone trains", "everything is computed on this page"]
    values = {
        "title": "Planner: labels or pseudo-labels",
        "headline": "This page computes its answer",
        "answer": "Allow JavaScript to see it; nothing is sent anywhere.",
        **{"facts": facts, "action": "", "state": to_json(_encoded(state))},
    }
    return filled("planner.html", values)


def _prices(shop: Shop) -> dict[str, Any]:
    """Return what the shop was told; an endless pool is null."""
    names = ("cost_label", "cost_pseudo", "cost_weak", "cost_strong", "owned", "intercept")
    ridges: dict[str, Ridge] = {name: getattr(shop, name) for name in ("ridge_weak", "ridge_strong")}
    pool = None if shop.pool == LARGEST else shop.pool
    return {name: getattr(shop, name) for name in names} | ridges | {"pool": pool}


def _canonical(problem: Problem) -> dict[str, Any]:
    """Dimensions and errors by which the canonical instance resembles a population.

    What neither side expresses is noise there, as is what y has of it on the raw scale.
    """
    beyond = unexpressed(problem) if not is_canonical(problem) else 0.0
    errors = {"rho_w": max(problem.rho_w - beyond, 0.0), "rho_s": max(problem.rho_s - beyond, 0.0)}
    signal = None if problem.signal is None else max(problem.signal - beyond, 0.0)
    most = float(min(problem.d_w, problem.d_s))
    d_sw = min(_whole(problem.d_sw), most)
    noise = {"noise": problem.noise + beyond, "signal": signal}
    return {"d_w": problem.d_w, "d_s": problem.d_s, "d_sw": d_sw, **errors, **noise}


def is_canonical(problem: Problem) -> bool:
    """Tell whether a population is the canonical instance of its dimensions, errors and signal."""
    d_w, d_s, d_sw = problem.d_w, problem.d_s, _whole(problem.d_sw)
    if (len(problem.weak_gram), len(problem.strong_gram)) != (d_w, d_s):
        return False
    energy = problem.energy
    errors = (_settled(error, energy) for error in (problem.rho_w, problem.rho_s))
    try:
        other = Problem.gaussian(d_w, d_s, d_sw, problem.noise, *errors, problem.signal)
    except InputError:
        return False
    scale = 1 + math.sqrt(energy)
    return all(
        mine.shape == theirs.shape and np.allclose(mine, theirs, rtol=0, atol=1e-6 * scale)
        for mine, theirs in (
            (getattr(problem, name), getattr(other, name))
            for name in ("weak_gram", "strong_gram", "cross_gram", "weak_target", "strong_target")
        )
    )


def _whole(value: float) -> float:
    """Take off the rounding of what is whole."""
    near = round(value)
    return float(near) if abs(value - near) <= NOTHING * max(near, 1) else value


def _settled(value: float, beside: float) -> float:
    return 0.0 if value <= NOTHING * beside else value


def _round(value: float) -> int:
    """Round to two digits."""
    return max(int(float(f"{value:.1e}")), 2)


def _own(known: Population) -> Mapping[str, Any] | None:
    """Outline a population that no dimensions describe; None where they do."""
    if is_canonical(known.problem) and known == Population(known.problem):
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
            **{"covered": COVERED, "least": LEAST_REACH},
            "shades": [to_hex(shade) for shade in shades],
        },
    }


def _encoded(value: Any) -> Any:
    """Write arrays as base64 of float64."""
    if isinstance(value, Mapping):
        return {name: _encoded(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value, "<f8").tobytes()).decode()
        return {"shape": value.shape, "data": data}
    return value
