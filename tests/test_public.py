"""Public names as a new user meets them: there, described, of readable signatures."""

import importlib
import inspect
import re
import subprocess
import sys
import typing
from contextlib import suppress
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest

import w2slens
from w2slens import (
    InputError,
    Planted,
    Problem,
    forecast,
    plan,
    predict,
    rank_teachers,
    train,
    types,
)
from w2slens import plots as drawn
from w2slens.deep import NetworkSettings
from w2slens.experiments.settings import Settings
from w2slens.features.corpora import bundled_images
from w2slens.models.risks import MODELS
from w2slens.report.plots.style import RATIOS
from w2slens.synthetic.sample import LAWS

ROOT = Path(__file__).parent.parent
LISTED = re.findall(
    r"^   ([\w.]+)$", (ROOT / "docs" / "api" / "index.md").read_text(encoding="utf-8"), re.M
)
"""Names on the page of the API, those outside the top level with their module."""

if find_spec("torch") is None:
    NEEDS_TORCH = re.compile(r"deep\.(?!NetworkSettings)|features\.extractors\.(Module|Gradient)")
    LISTED = [name for name in LISTED if not NEEDS_TORCH.match(name)]

CONTRACT = [
    *("Dimensions", "Forecast", "LabeledBlock", "Moments", "Problem", "Results", "Risks"),
    *("Settings", "Student", "Study", "WeakToStrongClassifier", "WeakToStrongRegressor"),
    *("dimensions", "forecast", "load_student", "plan", "predict", "rank_teachers", "sweep"),
    *("train", "transfer"),
]
"""Names that stay at the top level whatever else moves."""

LONGEST_TYPE = 60
SHAPED = re.compile(r"\bArray\b|NDArray|ArrayLike|FeaturesLike|LabelsLike")
OWN_RULES = ("WeakToStrongClassifier", "WeakToStrongRegressor")
"""Their signatures are scikit-learn's."""


def found(name):
    """Import a name as the page of the API writes it."""
    module, _, own = f"w2slens.{name}".rpartition(".")
    return getattr(importlib.import_module(module), own)


def callables():
    """Every public function and class, and the methods that the library wrote for them."""
    for name in LISTED:
        value = found(name)
        yield name, value
        if inspect.isclass(value) and not issubclass(value, BaseException):
            for own, method in inspect.getmembers(value, callable):
                written = getattr(inspect.unwrap(method), "__module__", "") or ""
                if not own.startswith("_") and written.startswith("w2slens"):
                    yield f"{name}.{own}", method


def signature(value):
    try:
        return inspect.signature(value)
    except ValueError:  # of exceptions that take anything
        return inspect.Signature()


def described(doc):
    """Parameter or attribute → what a docstring says of it."""
    words, section, names = {}, "", []
    lines = inspect.cleandoc(doc or "").splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and set(below) == {"-"}:
            section = line
        elif section in ("Parameters", "Attributes") and line and set(line) != {"-"}:
            if not line.startswith(" "):
                names = [name.strip(" *") for name in line.split(",")]
            for name in names:
                words[name] = words.get(name, "") + line
    return words


def test_every_public_name_is_there_and_documented():
    for name in w2slens.__all__:
        value = getattr(w2slens, name)
        assert name == "__version__" or value.__doc__
    assert set(dir(w2slens)) == set(w2slens.__all__)
    assert set(w2slens.__all__) >= set(CONTRACT)


def test_the_page_of_the_api_lists_the_public_names():
    top = {name for name in LISTED if "." not in name}
    assert top == set(w2slens.__all__) - {"__version__"}
    assert len(set(LISTED)) == len(LISTED)


def test_parts_of_results_are_where_they_live():
    from w2slens.advise.candidates import Candidate
    from w2slens.advise.courses import Course
    from w2slens.experiments.verdict import Verdict

    assert {Candidate, Course, Verdict} <= {found(name) for name in LISTED}
    assert not {"Candidate", "Course", "Verdict", "reduce", "LinearProbe"} & set(w2slens.__all__)


def test_signatures_are_readable():
    for name, value in callables():
        told = signature(value)
        for one in told.parameters.values():
            shown = inspect.formatannotation(one.annotation)
            assert len(shown) <= LONGEST_TYPE, (name, str(one))
            assert not re.search(r"Union\[|numpy\._|<", shown), (name, str(one))
            assert not re.search(r" at 0x|<lambda>|<object", str(one)), (name, str(one))
        assert len(inspect.formatannotation(told.return_annotation)) <= LONGEST_TYPE, name


def test_settings_are_shown_with_their_names_and_defaults():
    for door in (w2slens.transfer, w2slens.sweep, w2slens.simulate):
        told = inspect.signature(door).parameters
        assert not any(one.kind is one.VAR_KEYWORD for one in told.values())
        for one in fields(Settings):
            if one.name in told:
                assert str(told[one.name]).startswith(f"{one.name}: '{one.type}'")
    assert "trials: 'int' = 10" in str(inspect.signature(w2slens.transfer))


def test_parameters_of_functions_and_classes_are_described():
    for name, value in callables():
        doc = inspect.getdoc(value) or ""
        assert doc, name
        method = name.rpartition(".")[0] in LISTED
        protocol = getattr(value, "_is_protocol", False)  # made by nobody
        if method or protocol or re.search("parameters (are|as) ", doc, re.I):
            continue
        known = described(doc)
        for one in signature(value).parameters.values():
            drawn_on = name.startswith("plots.") and one.kind is not one.KEYWORD_ONLY
            said = one.name in known or f"`{one.name}`" in doc or drawn_on
            assert said, (name, one.name)


def test_arrays_are_described_by_their_shapes():
    for name, value in callables():
        doc, known, told = inspect.getdoc(value) or "", {}, signature(value)
        known = described(doc)
        for one in told.parameters.values():
            if SHAPED.search(str(one.annotation)) and one.name in known:
                assert re.search(r"\(.*\)|As (in|of) ", known[one.name]), (name, one.name)
        if SHAPED.search(str(told.return_annotation)):
            assert re.search(r"\(.*\)|as of ", doc), name


def test_attributes_that_are_arrays_have_shapes():
    for name in LISTED:
        value = found(name)
        if not inspect.isclass(value) or name in OWN_RULES:
            continue
        for own, one in inspect.getmembers_static(value):
            read = getattr(one, "fget", None) or getattr(one, "func", None)
            if read is not None and not own.startswith("_"):
                assert read.__doc__, (name, own)
                if SHAPED.search(str(inspect.signature(read).return_annotation)):
                    assert "(" in read.__doc__, (name, own)


def test_no_public_name_is_hidden_by_a_module():
    code = (
        "import w2slens.cli.run, w2slens; assert all(callable(getattr(w2slens, n)) for n in NAMES)"
    )
    names = [name for name in w2slens.__all__ if name != "__version__"]
    subprocess.run([sys.executable, "-c", f"NAMES = {names}; {code}"], check=True)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="attribute nothing"):
        _ = w2slens.nothing


def words_of(annotation):
    """List the words of a `Literal`, alone or in a union; nothing of what is no choice."""
    parts = [annotation, *typing.get_args(annotation)]
    words = [typing.get_args(one) for one in parts if typing.get_origin(one) is typing.Literal]
    free = any(one in (float, int, str) for one in parts)
    return words[0] if words and not free else ()


PAIR = Problem.gaussian(d_w=4, d_s=6, d_sw=2, noise=1.0)
ROWS = np.random.default_rng(0).standard_normal((60, 5))
SIDES = ROWS, ROWS[:, :3], ROWS[:30, 0]
GRID = {"n": 20, "N": 30}
MAP = np.eye(3)


def axes():
    return matplotlib.figure.Figure().subplots()


def planted(**told):
    return Planted.with_correlations(4, 4, [1, 0.5], noise=1.0, **told)


RISKS = predict(PAIR, n=20, N=[30, 40])
CHOICES = {
    "predict.method": lambda word: predict(PAIR, **GRID, method=word),
    "predict.ceiling": lambda word: predict(PAIR, **GRID, ceiling=word),
    "plan.metric": lambda word: plan(PAIR, cost_label=1, cost_pseudo=0.1, budget=99, metric=word),
    "Planted.law": lambda word: Planted(MAP, MAP, np.ones((3, 1)), 1.0, law=word),
    "Planted.with_correlations.law": lambda word: planted(law=word),
    "Planted.coordinates.law": lambda word: Planted.coordinates(offset=90, noise=1, law=word),
    "forecast.task": lambda word: forecast(*SIDES, task=word),
    "forecast.metric": lambda word: forecast(*SIDES, metric=word),
    "forecast.stream": lambda word: forecast(*SIDES, stream=word),
    "train.task": lambda word: train(*SIDES, task=word),
    "train.stream": lambda word: train(*SIDES, stream=word),
    "rank_teachers.task": lambda word: rank_teachers({"a": SIDES[0]}, *SIDES[1:], task=word),
    "rank_teachers.metric": lambda word: rank_teachers({"a": SIDES[0]}, *SIDES[1:], metric=word),
    "rank_teachers.stream": lambda word: rank_teachers({"a": SIDES[0]}, *SIDES[1:], stream=word),
    "Forecast.interval.name": lambda word: forecast(*SIDES).interval(word),
    "plots.plot_map.ratio": lambda word: drawn.plot_map(RISKS, axes(), ratio=word),
    "plots.plot_ratios.only": lambda word: drawn.plot_ratios(None, axes(), only=word),
    "plots.plot_comparison.only": lambda word: drawn.plot_comparison(None, axes(), only=word),
    "features.corpora.bundled_images.bundled": bundled_images,
}
"""Parameter of one of a few words → a call with a word."""

NEVER_REFUSED = {"Risks.scale", "advise.courses.Course.course", "features.corpora.Corpus.kind"}
"""Results and corpora, which the library makes itself."""

OF_TORCH = {
    "deep.NetworkStudy.oracle.seen",
    "features.extractors.ModuleFeatures.kind",
    "features.extractors.GradientFeatures.outputs",
    "features.extractors.GradientFeatures.method",
}
"""Checked beside the networks that they need."""


def choices():
    """Every public parameter that takes a word out of a few, and the words."""
    for name, value in callables():
        function, hints = inspect.unwrap(value), {}
        with suppress(NameError):  # of a type that is known to type checkers only
            hints = typing.get_type_hints(function.__init__ if inspect.isclass(value) else function)
        for own in signature(value).parameters:
            if words := words_of(hints.get(own)):
                yield f"{name}.{own}", words


def test_choices_are_those_that_are_checked():
    known = dict(choices())
    told = {
        f"{kind}.{one.name}"
        for kind in ("Settings", "deep.NetworkSettings")
        for one in fields(NetworkSettings)
    }
    assert set(known) - told == CHOICES.keys() | NEVER_REFUSED | {
        name for name in OF_TORCH if name.rpartition(".")[0] in dict(callables())
    }
    for name, call in CHOICES.items():
        with pytest.raises(InputError) as refusal:
            call("zzz")
        listed = f"is 'zzz'; one of {', '.join(known[name])} is needed"
        assert refusal.value.problem == listed, name


@pytest.mark.parametrize("kind", [Settings, NetworkSettings])
def test_choices_of_settings_are_those_that_are_checked(kind):
    hints, more = typing.get_type_hints(kind), {"task": "classification"}
    for one in fields(kind):
        if words := words_of(hints[one.name]):
            assert one.metadata["kind"] == words
            told = {**GRID, **more, one.name: "zzz"}
            if (one.name, kind) == ("loss", NetworkSettings):
                continue  # the task says which it is
            with pytest.raises(InputError, match=f"^{one.name}: is 'zzz'; one of {words[0]}"):
                kind(**told)


def test_words_of_types_are_those_of_the_tables_that_they_choose_from():
    law = typing.get_type_hints(Planted)["law"]
    assert typing.get_args(law) == tuple(LAWS)
    assert typing.get_args(types.Forecasted) == ("pgr", "opr", *MODELS)
    assert typing.get_args(types.Ratio) == tuple(RATIOS)


def test_progress_has_one_type():
    told = [
        (name, one.annotation)
        for name, value in callables()
        for one in signature(value).parameters.values()
        if one.name == "progress"
    ]
    assert len(told) > 5
    assert {shown for _, shown in told} == {"Progress | None"}
