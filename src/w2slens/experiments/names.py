"""What each curve of a sweep is called."""

from w2slens.experiments.results import Results

AXIS_WORDS = {"noise": "noise", "ridge_weak": "λ_w", "ridge_strong": "λ_s"}
"""How names of curves begin the value of an axis; a teacher's name stands alone."""


def curve_name(results: Results, place: int) -> str:
    """Name one curve of a sweep by what tells it from the others."""
    curves, parts = results.settings, []
    for axis, value in curves[place]._asdict().items():
        if len({getattr(curve, axis) for curve in curves}) > 1:
            shown = value if isinstance(value, str) else f"{value:g}"
            parts.append(f"{AXIS_WORDS[axis]} {shown}" if axis in AXIS_WORDS else shown)
    return ", ".join(parts) or curves[place].teacher
