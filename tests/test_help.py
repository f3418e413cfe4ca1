"""Help: it fits a screen, ends with an example that runs, and leaves no option out."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.shell_completion import BashComplete

from w2slens import cli
from w2slens.cli._help import ALL, Option

MOST_LINES, COLUMNS = 40, 80


def command_of(name):
    with click.Context(cli.group) as ctx:
        return cli.group.get_command(ctx, name)


def helped(capsys, *words):
    assert cli.invoke(list(words)) == 0
    return capsys.readouterr().out


def example_of(text):
    lines = text.partition("Example:\n")[2].replace("\\\n", "")
    return shlex.split(lines)


@pytest.mark.parametrize("words", [(), *((name,) for name in cli.COMMANDS)], ids=str)
def test_help_fits_a_screen_and_ends_with_an_example(capsys, words):
    text = helped(capsys, *words, "--help")
    lines = text.splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= COLUMNS
    assert example_of(text)[: 1 + len(words)] == ["w2slens", *words]


def test_the_example_of_all_is_a_command(capsys):
    _, name = example_of(helped(capsys, "--help"))
    assert name in cli.COMMANDS


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_all_options_are_said_somewhere(capsys, name):
    command = command_of(name)
    brief = helped(capsys, name, "--help")
    rare = [one for one in command.params if isinstance(one, Option) and one.longer]
    assert ("--help-all" in brief) == bool(rare)
    whole = helped(capsys, name, "--help-all") if rare else brief
    squeezed = " ".join(whole.split())
    for one in command.params:
        if isinstance(one, click.Option):
            assert one.opts[-1] in squeezed
            assert one.help, (name, one.opts)
            assert " ".join(one.help.split()) in squeezed
            assert one.required <= (one.opts[-1] in brief)
    assert helped(capsys, name, "--help") == brief


def test_a_context_shows_rare_options_only_where_it_is_asked_to():
    rare, long = Option(["--rare"], rare=True, help="Rare."), Option(["--long"], help="Long; more.")
    with click.Context(click.Command("c", params=[rare, long])) as ctx:
        assert [one.get_help_record(ctx) for one in (rare, long)] == [
            None,
            ("--long TEXT", "Long."),
        ]
        ctx.meta[ALL] = True
        words = [one.get_help_record(ctx)[1] for one in (rare, long)]
    assert words == ["Rare.", "Long; more."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files under the names of the examples."""
    folder = tmp_path_factory.mktemp("examples")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 14))
    np.save(folder / "w.npy", x[:, :8])
    np.save(folder / "s.npy", x[:, 4:])
    np.save(folder / "new.npy", x[:50, 4:])
    np.save(folder / "a.npy", x[:, :6])
    np.save(folder / "b.npy", x[:, 3:9])
    np.save(folder / "y.npy", x[:, 5] + rng.standard_normal(600))
    pair = {"weak": "w.npy", "strong": "s.npy", "labels": "y.npy"}
    sweep = {**pair, "n": [50, 100], "N": 300, "trials": 2}
    (folder / "sweep.yaml").write_text(json.dumps(sweep))
    features = {"images": {"bundled": "digits"}, "models": {"pixels": {"model": "pixels"}}}
    (folder / "features.yaml").write_text(json.dumps(features))
    return folder


ORDER = [
    *("doctor", "dims", "run", "report", "sweep", "compare", "predict", "plan", "forecast", "rank"),
    *("train", "apply", "features"),
]
"""Some examples show what others left."""


def test_examples_run(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    for name in ORDER:
        example = example_of(helped(capsys, name, "--help"))
        assert cli.invoke(example[1:]) == 0, (name, capsys.readouterr().err)
        assert capsys.readouterr().out, name
        for place, word in enumerate(example[:-1]):
            if word == "--out":
                assert Path(example[place + 1]).exists(), name


@pytest.mark.parametrize("name", sorted(set(cli.COMMANDS) - set(ORDER)))
def test_other_examples_parse(capsys, name):
    example = example_of(helped(capsys, name, "--help"))
    with command_of(name).make_context(name, example[2:]) as ctx:
        assert ctx.params["out"] == example[-1]


PAIR = ["--weak", "w.npy", "--strong", "s.npy"]
SLIPS = {
    "runn": "No such command 'runn'. Did you mean run? (see w2slens --help)",
    "xyzzy": "No such command 'xyzzy' (see w2slens --help)",
    "run": "Missing option '--weak' (see w2slens run --help)",
    "run {pair} --labels y.npy --N 9": "Missing option '--n' (see w2slens run --help)",
    "run {pair} --labels y.npy --n 9 -N 9": "No such option '-N'. Did you mean --N? (see",
    "run {pair} --labels y.npy --n 9 19 --N 9": "lists are written with commas, as 50,100 (see",
    "run {pair} --labels few.npy --n 9 --N 9": "enough for forecast, rank and train",
    "run {pair} --labels y.npy --n 9 --N x": "is 'x'; whole numbers separated by commas",
    "run {pair} --labels y.npy --n 9 --N 9 --id c": "has no columns; name a file of its ids",
    "forecast {pair} --labels y.npy": "give labels of fewer rows (--n takes the first n)",
    "apply model": "Missing argument 'FEATURES' (see w2slens apply --help)",
    "apply none s.npy --out o.npy": "MODEL none holds no student; w2slens train --out makes one",
    "predict --problem none --n 9 --N 9": "--problem none does not exist; a file of Problem.save",
    "predict --problem . --n 9 --N 9": "--problem . holds no result that knows one",
    "plan --problem w.npy": "the result of dims, run or forecast, is needed",
    "sweep features.yaml --out o": "images: is not a key of recipes. Valid keys: title,",
    "compare w.npy": "DIR w.npy is not a folder",
    "doctor x": "Got unexpected extra argument (x) (see w2slens doctor --help)",
}
"""What a newcomer types → what must be said."""


@pytest.mark.parametrize("typed", SLIPS)
def test_a_slip_is_told_what_to_do_about_it(folder, capsys, monkeypatch, typed):
    monkeypatch.chdir(folder)
    np.save("few.npy", np.arange(20.0))
    assert cli.invoke(typed.format(pair=" ".join(PAIR)).split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert SLIPS[typed] in err
    assert err.count("\n") == 1


def test_completing_a_command_loads_none():
    asked = {"COMP_WORDS": "w2slens r", "COMP_CWORD": "1", "_W2SLENS_COMPLETE": "bash_complete"}
    words = [sys.executable, "-X", "importtime", "-m", "w2slens"]
    found = subprocess.run(
        words, env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["plain,run", "plain,rank", "plain,report"]
    assert "click" in found.stderr
    assert "numpy" not in found.stderr


def completed(words):
    """What a shell is told of the last word."""
    asked = {"COMP_WORDS": f"w2slens {words}", "COMP_CWORD": str(len(words.split(" ")))}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asked.items():
            patch.setenv(name, value)
        said = BashComplete(cli.group, {}, "w2slens", "_W2SLENS_COMPLETE").complete()
    return said.splitlines()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("report de", "dir,de"),
        ("compare one tw", "dir,tw"),
        ("sweep re", "file,re"),
        ("apply mo", "file,mo"),
        ("apply model ne", "file,ne"),
        ("dims --weak w", "file,w"),
        ("demo --out d", "dir,d"),
        ("plan --page p", "file,p"),
        ("rank --weak a=", "file,a="),
        ("plan --problem r", "file,r"),
    ],
)
def test_files_and_folders_are_left_to_the_shell(words, said):
    assert completed(words) == [said]


def test_what_is_no_file_is_completed_as_before():
    assert completed("run --task c") == ["plain,classification"]
    assert "plain,--budget" in completed("plan --bu")
