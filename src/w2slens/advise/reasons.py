"""Why a plan is what it is, in words."""

import numpy as np

from w2slens._core.format import number
from w2slens._core.types import Ridge
from w2slens.advise.budget import POOLED, Goal, Shop
from w2slens.advise.courses import Course


def reason(
    shop: Shop, ranked: tuple[Course, ...], goal: Goal, ridge_weak: Ridge, ridge_strong: Ridge
) -> str:
    """Say what is best, what is next, and what decides between them."""
    aim = f"a risk of {goal.target:g}" if np.isfinite(goal.target) else f"{goal.budget:g} to spend"
    lines = [f"With {aim}: {ranked[0]}.", *(f"Next: {rival}." for rival in ranked[1:2])]
    lines += [_teacher(shop, ranked), *_pays(shop)]
    if "auto" in (ridge_weak, ridge_strong) and not shop.tuned:
        lines.append(
            "E f*² is not known, without which no ridge can be chosen: all fits are ridgeless; "
            "give it (signal) to compare every course at its own best ridge, as runs do."
        )
    unused = max(shop.owned - ranked[0].n, 0)
    if unused:
        lines.append(f"{unused:,} of the owned labels are better left unused.")
    return " ".join(lines)


def _teacher(shop: Shop, ranked: tuple[Course, ...]) -> str:
    """Say what the teacher of the best course that has one does by itself."""
    taught = next((course for course in ranked if course.course in POOLED), None)
    if taught is None:
        return "W2S is not among them: no size of it within reach has a finite risk as asked."
    teacher = float(shop.risks("weak-is-enough", np.array([taught.n]), np.array([1]))[0, 0])
    return f"The teacher on the {taught.n:,} labels of {taught.course} has risk {number(teacher)}."


def _pays(shop: Shop) -> list[str]:
    """Say when pseudo-labels pay, where that has a simple rule: without ridge."""
    problem = shop.problem
    if shop.ridge_weak != 0 or shop.ridge_strong != 0:
        return []
    if problem.d_w <= problem.d_sw:
        return [
            "The student's space contains the teacher's (d_sw = d_w): it copies all of the "
            "teacher's noise, and no number of pseudo-labels makes it better."
        ]
    if problem.noise == 0:
        return []
    # R_w2s < R_w iff d_s/(N−d_s−1) < 1, or (d_s+1−2/N)/(N−d_s−2) < 1 with an intercept.
    least = 2 * problem.d_s + (3 if shop.intercept else 2)
    rule = "2·d_s + 3" if shop.intercept else "2·d_s + 2"
    return [
        f"Where neither model misses a part of f*, pseudo-labels pay from N = {rule} = {least:,} "
        "on: below that the student's own fitting error outweighs the teacher noise that it sheds."
    ]
