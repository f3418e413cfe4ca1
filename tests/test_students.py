import numpy as np
import pytest

from w2slens import InputError, Settings, transfer
from w2slens.models.fit import Fitted
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS, W2S
from w2slens.report import render


def half(pool, weak, lessons, ridge):
    """Half of what plain imitation learns."""
    whole = STUDENTS[W2S](pool, weak, lessons, ridge)
    return [
        Fitted(LinearProbe(one.probe.coef / 2, one.probe.intercept / 2), one.ridges)
        for one in whole
    ]


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setitem(STUDENTS, "half", half)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 20))
    y = x[:, 0] + rng.standard_normal(400)

    def run(**settings):
        return transfer(x, x[:, :8], y, n=[60, 90], N=200, trials=3, **settings)

    return run


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
@pytest.mark.parametrize("ridge", [0.1, "auto"])
def test_a_registered_student_turns_up_everywhere_by_its_name(run, ridge):
    found = run(students="half", ridge_weak=ridge, ridge_strong=ridge)
    plain = run(ridge_weak=ridge, ridge_strong=ridge)
    assert (found.table["w2s"] == plain.table["w2s"]).all()
    assert (found.table["half"] != found.table["w2s"]).all()
    assert (found.table["ridge_half"] == found.table["ridge_w2s"]).all()
    cell = found.to_dict()["cells"][0]
    assert cell["risk"]["half"]["mean"] == found.summary["half"][0]
    assert set(plain.to_dict()["cells"][0]["risk"]) == {"weak", "w2s", "strong", "ceiling"}
    assert found.config["students"] == [W2S, "half"]
    assert "<th>half</th>" in render(found)
    assert "half</th>" in found._repr_html_()


def test_unknown_students_and_losses_that_know_none_are_refused():
    with pytest.raises(InputError, match="students: is 'best'; one of imitate"):
        Settings(n=10, N=20, students="best")


def test_cross_entropy_knows_plain_imitation_only(monkeypatch):
    monkeypatch.setitem(STUDENTS, "half", half)
    with pytest.raises(InputError, match="students: are imitate, half; a cross-entropy knows"):
        Settings(n=10, N=20, students="half", loss="cross-entropy", task="classification")
