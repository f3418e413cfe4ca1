"""``w2slens apply``: scores of new rows by a student that was taken home."""

from collections.abc import Sequence
from pathlib import Path

import click

from w2slens import load_student
from w2slens._core.atomic import replacing
from w2slens._core.errors import InputError
from w2slens._core.json import to_json
from w2slens._core.types import Id
from w2slens.cli._help import Command
from w2slens.cli._notes import notes
from w2slens.cli._options import header_option, id_option
from w2slens.cli._output import json_option
from w2slens.features.address import address
from w2slens.features.reserved import reserve_rows


@click.command("apply", cls=Command, example="model new.npy --out scores.npy")
@click.argument("model", metavar="MODEL")
@click.argument("features", metavar="FEATURES")
@click.option("--weak", metavar="PATH", help="Weak features of the same rows, if it needs both.")
@click.option("--out", required=True, metavar="FILE", help="Scores, rows × outputs, as .npy.")
@click.option("--overwrite", is_flag=True, help="Replace the file.")
@click.option("--probabilities", is_flag=True, help="Write probabilities of classes instead.")
@header_option
@id_option
@json_option
def command(
    model: str,
    features: str,
    weak: str | None,
    out: str,
    overwrite: bool,
    probabilities: bool,
    header: bool | None,
    id: Id,
    as_json: bool,
) -> None:
    """Score the rows of FEATURES by the student in the folder MODEL, chunk by chunk."""
    _refuse_place(Path(out), [features, weak], overwrite=overwrite)
    student = load_student(model)
    if probabilities and student.temperature is None:
        raise InputError("probabilities", "are of classes; this student is a regression")
    with notes():
        sources = student.sources(features, weak, header=header, id=id)
        shape = (sources[0].rows, len(student.probe.intercept))
        with replacing(out, overwrite=True, argument="out") as part:
            scores = reserve_rows(part, shape, "<f8", final=Path(out))
            start = 0
            for chunk in student.scored(sources):
                end = start + len(chunk)
                scores[start:end] = student.mended(chunk) if probabilities else chunk
                start = end
            scores.flush()
    classes = None if student.classes is None else student.classes.tolist()
    told = {"scores": out, "rows": shape[0], "outputs": shape[1], "classes": classes}
    if as_json:
        click.echo(to_json({**told, "student": student.name}))
        return
    of = "" if classes is None else f" for {', '.join(map(str, classes))}"
    click.echo(f"Scores: {out} ({shape[0]:,} rows × {shape[1]:,}{of})")


def _refuse_place(out: Path, inputs: Sequence[str | None], *, overwrite: bool) -> None:
    """Refuse another kind of file, one that is there, and one whose rows are to be read."""
    if out.suffix != ".npy":
        raise InputError("out", f"is {str(out)!r}; scores are written as .npy")
    if not out.exists():
        return
    if not overwrite:
        raise InputError("out", f"{out} exists; choose another name or pass --overwrite")
    read = [Path(address(one).path) for one in inputs if one is not None]
    if any(one.exists() and one.samefile(out) for one in read):
        raise InputError("out", f"{out} holds the features; choose another name")
