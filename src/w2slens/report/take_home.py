"""A student's folder: its weights, what its pool was taught, a model card; and reading it back."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.atomic import load_arrays, loading
from w2slens._core.errors import InputError, needing
from w2slens._core.format import number, span
from w2slens._core.inputs import read_json
from w2slens._core.json import as_float
from w2slens.advise.student import Student
from w2slens.experiments.folder.layout import MARKER, STUDENT, write_folder
from w2slens.forecasting.students import Expected
from w2slens.models.calibration import TEMPERATURES
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS
from w2slens.report.template import filled
from w2slens.theory.storage import archived

KIND = "train"
WEIGHTS, PSEUDO, DOUBT, CARD, HEAD = STUDENT


def save(
    student: Student, folder: str | Path, *, torch: bool = False, overwrite: bool = False
) -> Path:
    """Keep a student as a folder.

    Parameters
    ----------
    folder
        Gets ``student.npz`` (weights), ``pseudo_labels.npy`` and ``uncertainty.npy`` of the pool,
        ``result.json`` (what is known of it) and ``MODEL_CARD.md``.
    torch
        Also write ``head.safetensors``: weight and bias of a ``torch.nn.Linear``, float32.
    overwrite
        Replace a result that is there.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        If the folder holds something else, or cannot be written.
    """
    files = files_of_student(student, torch=torch)
    return write_folder(folder, files, student.to_dict(), kind=KIND, overwrite=overwrite)


def files_of_student(student: Student, *, torch: bool = False) -> dict[str, str | bytes]:
    """Make what the folder of a student holds besides its document."""
    weights = {"coef": student.probe.coef, "intercept": student.probe.intercept}
    files: dict[str, str | bytes] = {WEIGHTS: archived(weights), CARD: card(student, torch=torch)}
    for name, array in ((PSEUDO, student.pseudo_labels), (DOUBT, student.uncertainty)):
        if array is not None:
            files[name] = _npy(array)
    if torch:
        with needing("safetensors", "a head for PyTorch", extra="safetensors"):
            from safetensors.numpy import save as packed
        files[HEAD] = packed(student.head())
    return files


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def load_student(folder: str | Path) -> Student:
    """Read a student back from its folder; nothing is unpickled.

    Parameters
    ----------
    folder
        As `Student.save` and ``w2slens train --out`` write it.

    Returns
    -------
    Student

    Raises
    ------
    InputError
        If the folder holds no student, or its files do not fit together.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from w2slens import train
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((500, 9))
    >>> student = train(x[:, :5], x[:, 2:], x[:60, 3] + rng.standard_normal(60))
    >>> with TemporaryDirectory() as folder:
    ...     again = load_student(student.save(f"{folder}/model"))
    >>> bool((again.predict(x[:, 2:]) == student.predict(x[:, 2:])).all())
    True
    """
    folder = Path(folder)
    if not (folder / MARKER).is_file():
        raise InputError("model", f"{folder} holds no student; w2slens train --out makes one")
    document = read_json(folder / MARKER, "model")
    if document.get("result") != KIND:
        raise InputError("model", f"{folder} holds another result ({document.get('result')})")
    coef, intercept = (
        np.asarray(array, float) for array in load_arrays(folder / WEIGHTS, ["coef", "intercept"])
    )
    with loading(folder / MARKER):
        found = _student(document, LinearProbe(coef, intercept), folder)
        found.shown()  # whatever it says of itself can be said
        return found


def _student(document: Mapping[str, Any], probe: LinearProbe, folder: Path) -> Student:
    name = document["student"]
    widths = {side: int(document["widths"][side]) for side in STUDENTS[name].sees}
    classes = document["classes"]
    outputs = len(probe.intercept)
    if probe.coef.shape != (sum(widths.values()), outputs) or probe.intercept.ndim != 1:
        raise ValueError(f"weights of shape {probe.coef.shape} for {widths} coordinates")
    if not (np.isfinite(probe.coef).all() and np.isfinite(probe.intercept).all()):
        raise ValueError("weights that are not finite")
    if classes is not None and len(classes) != outputs:
        raise ValueError(f"{len(classes)} classes for {outputs} outputs")
    students = {
        str(each): Expected(as_float(known["risk"]), _interval(known["interval"]))
        for each, known in document["students"].items()
    }
    pseudo, doubt = (
        np.load(folder / file, mmap_mode="r", allow_pickle=False)
        if (folder / file).is_file()
        else None
        for file in (PSEUDO, DOUBT)
    )
    return Student(
        name,
        probe,
        widths,
        None if classes is None else np.array(classes),
        {name: students[name], **students},
        pseudo,
        doubt,
        None if classes is None else _temperature(document["temperature"]),
        dict(document["configuration"]),
        tuple(map(str, document["notes"])),
        tuple(map(int, document["buy"])),
    )


def _temperature(saved: Any) -> float:
    τ = as_float(saved)
    if not TEMPERATURES[0] <= τ <= TEMPERATURES[-1] * (1 + 1e-9):
        raise ValueError(f"a temperature of {τ:g}")
    return τ


def _interval(ends: Any) -> tuple[float, float]:
    low, high = map(as_float, ends)
    return low, high


def card(student: Student, *, torch: bool = False) -> str:
    """Write the model card, in Markdown."""
    facts, outputs = student.facts, len(student.probe.intercept)
    labels = "numbers" if student.classes is None else "one score a class"
    classes = [] if student.classes is None else list(map(str, student.classes.tolist()))
    rows = [
        {
            "name": name,
            "words": STUDENTS[name].words,
            "risk": number(student.students[name].risk),
            "interval": span(student.students[name].interval),
        }
        for name in student.ordered
    ]
    return filled(
        "card.md",
        {
            "student": student,
            "facts": facts,
            "torch": torch,
            "outputs": outputs,
            "labels": labels,
            "classes": ", ".join(classes),
            "rows": rows,
            "ridges": {k: f"{v:.4g}" for k, v in facts["ridges"].items() if v == v},
            "doubt": None
            if student.uncertainty is None
            else number(float(np.mean(student.uncertainty))),
        },
    )
