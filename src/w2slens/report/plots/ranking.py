"""Candidate teachers: forecast risk of the student of each, beside its own."""

import numpy as np
from matplotlib.axes import Axes

from w2slens._core.format import fixed
from w2slens.advise.candidates import Ranking
from w2slens.report.plots.style import LOOKS, STUDENT_LOOKS, legend_below, marker_look


def plot_teachers(ranking: Ranking, ax: Axes) -> Axes:
    """Draw the forecast W2S risks with 90% intervals, best on top, and the teachers' own risks."""
    teachers = ranking.teachers
    places = range(len(teachers))
    risks = [teacher.risk for teacher in teachers]
    # Rounding may take an end of an interval past a forecast of 0.
    lows = [max(teacher.risk - teacher.interval[0], 0.0) for teacher in teachers]
    highs = [max(teacher.interval[1] - teacher.risk, 0.0) for teacher in teachers]
    (_, color, marker), label = LOOKS["w2s"], "W2S student, 90% interval"
    ends = [lows, highs]
    ax.errorbar(risks, places, xerr=ends, fmt=marker, color=color, capsize=3, label=label)
    (_, color, marker), label = LOOKS["weak"], "the teacher itself"
    own = [teacher.teacher_risk for teacher in teachers]
    ax.plot(own, places, marker, color=color, label=label, **marker_look("weak"))
    label, color, marker = STUDENT_LOOKS["posterior"]
    taught = [np.nan if one.posterior is None else one.posterior for one in teachers]
    if np.isfinite(taught).any():
        ax.plot(taught, places, marker, color=color, label=label, **marker_look("posterior"))
    names = [teacher.name for teacher in teachers]
    shares = [f"d_sw/d_w = {fixed(teacher.overlap_share)}" for teacher in teachers]
    labels = list(map("{}\n{}".format, names, shares))
    ax.set_yticks(list(places), labels, parse_math=False)
    ax.set_ylim(len(teachers) - 0.5, -0.5)
    title = f"Teachers at n = {ranking.n:,}, N = {ranking.N:,}"
    ax.set(xlabel="forecast raw risk (squared error)", title=title)
    return legend_below(ax, ncols=1)
