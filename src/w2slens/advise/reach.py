"""How far the risk of a course may lie from its mean over draws of the labels."""

from dataclasses import replace
from typing import TYPE_CHECKING

from w2slens.advise.courses import MODEL, Course
from w2slens.advise.grids import one
from w2slens.forecasting.intervals import freedom, spread
from w2slens.models.risks import Risks

if TYPE_CHECKING:
    from w2slens.advise.budget import Shop


def interval(shop: "Shop", course: Course) -> tuple[float, float]:
    """Enclose 90% of the risks over draws of the labels: the variance part is nearly an F."""
    n, N, model = course.n, max(course.N, 1), MODEL[course.course]
    if model == "posterior":  # nearly as wide as W2S is, in units of itself
        w2s = replace(course, course="w2s", risk=float(shop.risks("w2s", *one(n, N))[0, 0]))
        if w2s.risk == 0:  # without noise and ridge: no draw of the labels differs from another
            return course.risk, course.risk
        low, high = (end * course.risk / w2s.risk for end in interval(shop, w2s))
        return low, high
    found = shop.predicted([n], [N])
    mean = float(getattr(found, model)[0, 0])
    variance = float(getattr(found.variance, model)[0, 0]) if found.variance else 0.0
    low, high = spread(*freedom(shop.problem, n, N, model, *_ridges(shop, found, model)))
    return max(float(mean + variance * (low - 1)), 0.0), float(mean + variance * (high - 1))


def _ridges(shop: "Shop", found: Risks, model: str) -> tuple[float, float]:
    """λ of the teacher, and of the strong model that a course ends with."""
    asked = shop.ridge_weak, shop.ridge_strong
    if found.ridges is not None:
        strong = found.ridges.strong if model == "strong" else found.ridges.w2s
        asked = float(found.ridges.weak[0, 0]), float(strong[0, 0])
    return float(asked[0]), float(asked[1])
