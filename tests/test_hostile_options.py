"""Every option of every command with words that are none of its: one line, exit code 2, or done."""

import json
import random
import shutil
from pathlib import Path

import click
import numpy as np
import pytest

from tests.hostile import refused, told
from w2slens import cli

PAIR = ["--weak", "w.npy", "--strong", "s.npy"]
SIZES = ["--d-w", "10", "--d-s", "20", "--d-sw", "5", "--noise", "1"]
LINES = {
    "dims": ["dims", *PAIR],
    "run": ["run", *PAIR, "--labels", "y.npy", "--n", "20", "--N", "100", "--trials", "1"],
    "predict": ["predict", *SIZES, "--n", "20", "--N", "100"],
    "plan": ["plan", *SIZES, "--page", "page.html"],
    "forecast": ["forecast", *PAIR, "--labels", "few.npy"],
    "rank": ["rank", "--weak", "a=w.npy", "--strong", "s.npy", "--labels", "few.npy"],
    "train": ["train", *PAIR, "--labels", "few.npy"],
    "apply": ["apply", "model", "s.npy", "--out", "scores.npy"],
    "sweep": ["sweep", "sweep.yaml", "--out", "swept"],
    "features": ["features", "features.yaml", "--out", "stores"],
    "finetune": ["finetune", "finetune.yaml", "--out", "tuned"],
    "report": ["report", "result"],
    "compare": ["compare", "result", "other"],
    "doctor": ["doctor"],
    "demo": ["demo"],
}
"""A line of every command that is right."""

SLOW = {"demo", "doctor", "report", "run", "sweep", "finetune"}
"""Commands that are run only with what must be refused."""

WORDS = [
    *("", " ", "nan", "inf", "-1", "-1e999", "1" + "0" * 400, "0x10", "1_0", "٣", "½"),
    *(",", ",,", ":", "1:2", "1:2:3:4", "9:1:3", "=", "a=", "=a", "a=b=c", "*", "*=c", "-", "--"),
    *("a\0b", "🙂", "\ud800", "%s", "{}", "{0}", "[bold]", "$(x)", "x" * 5000, "none", "null"),
    *(".", "/", "..", "none.npy", "folder", "pipe.npy", "w.npy", "result", "c.csv", "/dev/null"),
]
"""What is not meant by nearly any option."""

BOUND = {"--scheduler": ["", "tcp://", "http://x:1", "a\0b"]}
"""Options some of whose wrong values are waited for: those at which nobody waits."""

LATER = {("sweep", "--scheduler"), ("finetune", "--scheduler")}
"""What a begun run, which goes on when it is asked for again, is kept in spite of."""

OUTSIDE = {"--out", "--page", "--journal"}
"""Options that name what is written: with these words only what is refused."""

REFUSED = ["", "a\0b", "\ud800", "x" * 5000, "w.npy/o", "/dev/null/o"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Files, results and a model to refuse with."""
    folder = tmp_path_factory.mktemp("options")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        rng = np.random.default_rng(0)
        x = rng.standard_normal((200, 9))
        y = x[:, 4] + rng.standard_normal(200)
        np.save("w.npy", x[:, :6])
        np.save("s.npy", x[:, 3:])
        np.save("y.npy", y)
        np.save("few.npy", y[:40])
        np.savetxt("c.csv", np.c_[np.arange(200), x], delimiter=",", header="c,a", comments="")
        np.save("ids.npy", np.arange(200))
        Path("folder").mkdir()
        recipe = {"weak": "w.npy", "strong": "s.npy", "labels": "y.npy", "n": 20, "N": 100}
        Path("sweep.yaml").write_text(json.dumps({**recipe, "trials": 1}))
        digits = {"images": {"bundled": "digits"}, "rows": 20}
        stores = {**digits, "models": {"m": {"model": "pixels", "size": 2}}}
        Path("features.yaml").write_text(json.dumps(stores))
        networks = {"weak": {"model": "mlp"}, "strong": {"model": "mlp"}, "n": 9, "N": 99}
        Path("finetune.yaml").write_text(json.dumps({**digits, **networks}))
        for out, seed in (("result", "0"), ("other", "1")):
            assert cli.invoke([*LINES["run"], "--seed", seed, "--out", out]) == 0
        assert cli.invoke([*LINES["train"], "--out", "model"]) == 0
        assert cli.invoke([*LINES["forecast"], "--out", "forecast"]) == 0
    return folder


@pytest.fixture(autouse=True)
def there(place, tmp_path, monkeypatch):
    """Work in a copy, so that what one writes is not there for the next."""
    work = tmp_path / "work"
    shutil.copytree(place, work)
    (work / "pipe.npy").symlink_to("/dev/zero")
    monkeypatch.chdir(work)


def command_of(name):
    with click.Context(cli.group) as ctx:
        return cli.group.get_command(ctx, name)


def replaced(line, option, value):
    """Give an option of a line another value, or add it."""
    kept = list(line)
    if option in kept:
        at = kept.index(option)
        del kept[at : at + 2]
    return [*kept, option, value]


def cases():
    """Every option that takes a value, of every command."""
    for name in LINES:
        for one in command_of(name).params:
            case = name, one.opts[-1]
            if isinstance(one, click.Option) and not one.is_flag and case not in LATER:
                yield case


@pytest.mark.parametrize(("name", "option"), [*cases()])
def test_options_with_words_that_are_not_theirs(place, capsys, name, option):
    draw = random.Random(f"{name} {option}")
    words = REFUSED if option in OUTSIDE else BOUND.get(option) or draw.sample(WORDS, 4)
    if name in SLOW and option not in OUTSIDE | BOUND.keys():
        words = ["a\0b", "½", "\ud800"]
    for word in words:
        line = replaced(LINES[name], option, word)
        if name in SLOW or option in OUTSIDE | BOUND.keys():
            refused(capsys, line)
        elif told(capsys, [*line, "--json"])[0] == 0:
            shutil.rmtree("stores", ignore_errors=True)


IDS = [
    *("", "=", "a=", "=a", "weak", "weak=", "weak=none.csv", "weak=folder", "weak=pipe.npy"),
    *("weak=w.npy", "weak=a\0b", "*=c", "weak=c.csv:a", "weak=few.npy", "y=y.npy", "nobody=c"),
    *("weak=\ud800", "weak=result", "c", "weak=ids.npy", "strong=ids.npy"),
]
JOINED = ["dims", "run", "forecast", "rank", "train", "apply", "predict"]


@pytest.mark.parametrize("name", JOINED)
def test_ids_that_join_nothing_are_refused(place, capsys, name):
    line = LINES[name]
    if name == "predict":
        line = ["predict", *PAIR, "--labels", "few.npy", "--n", "20", "--N", "100"]
    draw = random.Random(name)
    meet = told if name == "apply" else refused  # a single input has nothing to be joined with
    for word in IDS:
        meet(capsys, [*line, "--id", word])
        Path("scores.npy").unlink(missing_ok=True)
        refused(capsys, [*line, "--id", word, "--id", word])
        meet(capsys, [*line, "--id", word, "--id", draw.choice(IDS)])
        Path("scores.npy").unlink(missing_ok=True)


READ = {
    "compare": (["compare", "result", "other"], "result"),
    "predict": (["predict", "--problem", "forecast", "--n", "20", "--N", "99"], "forecast"),
    "plan page": (["plan", "--problem", "result", "--page", "page.html"], "result"),
    "apply": (["apply", "model", "s.npy", "--out", "scores.npy"], "model"),
}
"""Commands that read what others wrote, and whose folder is damaged here."""


def leaves(value, path=()):
    """Paths to all values of a JSON document."""
    if isinstance(value, (dict, list)) and value:
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))
    else:
        yield path


def damaged(content, name, draw):
    """Spoil a file: a value of a document, or bytes of anything."""
    if name.endswith(".json") and draw.random() < 0.7:
        document = json.loads(content)
        path = draw.choice([*leaves(document)])
        value = document
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = draw.choice([None, -1, 1e308, "", "zz", [], {}, [[]], True, 10**30])
        return json.dumps(document).encode()
    way, at = draw.choice(["cut", "bytes", "empty", "doubled"]), draw.randrange(len(content))
    if way == "bytes":
        return content[:at] + draw.randbytes(8) + content[at + 8 :]
    return {"cut": content[:at], "empty": b"", "doubled": content * 2}[way]


@pytest.mark.parametrize("name", READ)
def test_damaged_results_are_refused_or_read(place, capsys, name):
    line, folder = READ[name]
    for seed in range(5 if name == "plan page" else 20):  # a page takes long
        draw = random.Random(f"{name} {seed}")
        files = sorted(path for path in Path(folder).iterdir() if path.suffix != ".png")
        file = draw.choice(files)
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, file.name, draw))
        if told(capsys, [*line, "--json"])[0] == 0:
            for made in ("page.html", "scores.npy"):
                Path(made).unlink(missing_ok=True)
        file.write_bytes(whole)
    assert told(capsys, line)[0] == 0
