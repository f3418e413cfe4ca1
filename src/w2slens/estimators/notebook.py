"""What an estimator shows in a notebook below its diagram, once it is fitted."""

from html import escape
from typing import Any

from w2slens.advise.student import Student


def in_words(estimator: Any) -> str:
    """Say what was made; show the dimensions and the forecast, where there are such."""
    if "_found" not in vars(estimator):
        return ""
    student = estimator.student_
    parts = [f"<p>{escape(student.statement)}</p>"] if isinstance(student, Student) else []
    for name in ("dimensions_", "forecast_"):
        known = getattr(estimator, name, None)
        parts += [] if known is None else [known._repr_html_()]
    return "\n".join(parts)
