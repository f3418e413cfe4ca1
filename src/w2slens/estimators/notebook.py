"""What an estimator shows in a notebook below its diagram, once it is fitted."""

import warnings
from html import escape
from typing import Any

from sklearn import get_config
from sklearn.utils import estimator_html_repr

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


class InNotebooks:
    """An estimator as notebooks show it."""

    def _repr_html_(self) -> str:
        """Show the diagram of scikit-learn, and what came out."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are said when the attributes are asked for
            return str(estimator_html_repr(self)) + in_words(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        if get_config()["display"] == "diagram":
            bundle["text/html"] = self._repr_html_()
        return bundle
