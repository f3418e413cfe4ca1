"""Every command against files and numbers that are meant to break it: one line, exit code 2."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.hostile import refused
from w2slens import cli

GRID = ["--n", "20", "--N", "100", "--trials", "2"]
PAIR = ["--weak", "w.npy", "--strong", "s.npy"]
SIZES = ["--d-w", "10", "--d-s", "20", "--d-sw", "5", "--noise", "1"]
PRICES = ["--cost-label", "1", "--cost-pseudo", "0.1", "--budget", "100"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 12)).astype(np.float32)
    np.save(folder / "w.npy", x[:, :8])
    np.save(folder / "s.npy", x[:, 5:])
    np.save(folder / "y.npy", x[:, 0] + rng.standard_normal(300))
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    for ending in ("npy", "csv", "npz", "parquet", "json", "safetensors", "zarr", "yaml"):
        os.mkfifo(folder / f"pipe.{ending}")
        (folder / f"device.{ending}").symlink_to("/dev/zero")
    (folder / "folder.npy").mkdir()
    return folder


@pytest.fixture(autouse=True)
def there(place, monkeypatch):
    monkeypatch.chdir(place)


def npy(shape):
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\0\x76\0" + head.encode().ljust(117) + b"\n"


ALIASES = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
FILES = {
    "empty.npy": b"",
    "huge.npy": npy("(1000000000000, 1000000)"),
    "huge.npz": npy("(1000000000000, 1000000)"),
    "negative.npy": npy("(-1, 10)"),
    "code.npy": npy("(10**9,) * 30"),
    "wide.csv": b",".join([b"0.5"] * 2_000_000) + b"\n",
    "named.csv": b",".join(b"c%d" % i for i in range(2_000_000)) + b"\n1\n",
    "long.csv": b"1" * 300_000 + b"\n1\n",
    "digits.csv": b"a,b\n" + b"1" * 5000 + b",2\nx,4\n",
    "zeros.parquet": b"PAR1" + bytes(100) + b"PAR1",
    "deep.json": b"[" * 200_000,
    "nested.json": b'{"a":' * 100_000,
    "digits.json": b'{"a": 1' + b"0" * 5000 + b"}",
    "list.json": b"[1]",
    "odd.json": b'{"correlation": 3, "dimensions": [1]}',
    "deep.yaml": b"a: " + b"[" * 20_000,
    "maps.yaml": b"a: " + b"{a: " * 5000,
    "digits.yaml": b"n: 1" + b"0" * 5000,
    "many.yaml": b"n: 1" + b"0" * 400 + b"\nN: 5\nweak: w.npy\nstrong: s.npy\nlabels: y.npy\n",
    "range.yaml": b"n: {start: 1, stop: 1000000000000, num: 999999999999}\nN: 5\n"
    b"weak: w.npy\nstrong: s.npy\nlabels: y.npy\n",
    "count.yaml": b"n: 9\nN: 50\nsynthetic: {kind: correlations, d_w: 4, d_s: 4, noise: 1, "
    b"canonical: {1: 99999999999}}\n",
    "laughs.yaml": b"a: &a [x, x]\n" + ALIASES.encode(),
    "merged.yaml": b"a: &a {x: 1}\n" + MERGES.encode(),
    "loop.yaml": b"&a a: *a\n",
    "self.yaml": b"weak: &w [*w]\nstrong: s.npy\nlabels: y.npy\nn: 9\nN: 9\n",
    "large.yaml": b"a: " + b"x" * 1_000_000,
    "tag.yaml": b"a: !!python/object/apply:os.system [true]\n",
    "int.yaml": b"a: !!int ''\n",
    "nul.yaml": b"a: \0b",
    "nulpath.yaml": b'weak: "a\\0b"\nstrong: s.npy\nlabels: y.npy\nn: 9\nN: 9\n',
    "bytes.yaml": b"\xff\xfe",
}
NOWHERE = ["a\0b.npy", "x" * 5000 + ".npy", "folder.npy", "", "."]
TABLES = [name for name in FILES if not name.endswith("yaml")]
OPEN = [f"{kind}.{end}" for kind in ("pipe", "device") for end in ("npy", "csv", "npz", "parquet")]
OPEN += ["pipe.json", "device.json", "pipe.safetensors", "pipe.zarr", "pipe.yaml", "device.yaml"]

USES = {
    "dims": ["dims", "--weak", "{}", "--strong", "s.npy"],
    "run labels": ["run", *PAIR, "--labels", "{}", *GRID],
    "run target": ["run", *PAIR, "--labels", "y.npy", "--target", "{}", *GRID],
    "run groups": ["run", *PAIR, "--labels", "y.npy", "--groups", "{}", *GRID],
    "rank": ["rank", "--weak", "a={}", *PAIR[2:], "--labels", "y.npy"],
    "forecast": ["forecast", "--weak", "w.npy", "--strong", "{}", "--labels", "y.npy"],
    "train": ["train", "--weak", "w.npy", "--strong", "{}", "--labels", "y.npy"],
    "train labels": ["train", *PAIR, "--labels", "{}"],
    "apply": ["apply", "{}", "s.npy", "--out", "o.npy"],
    "predict problem": ["predict", "--problem", "{}", "--n", "10", "--N", "100"],
    "predict labels": ["predict", *PAIR, "--labels", "{}", "--n", "10", "--N", "100"],
    "plan": ["plan", "--problem", "{}", *PRICES],
    "sweep": ["sweep", "{}", "--out", "o"],
    "features": ["features", "{}", "--out", "o"],
    "report": ["report", "{}"],
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("name", [*TABLES, *OPEN, *NOWHERE], ids=lambda name: repr(name[:20]))
def test_hostile_files_are_refused_by_every_command(place, capsys, use, name):
    if name in ("wide.csv", "named.csv") and use not in ("dims", "run labels", "sweep"):
        pytest.skip("read by the same reader")
    refused(capsys, [word.replace("{}", name) for word in USES[use]])


@pytest.mark.parametrize("command", ["sweep", "features"])
@pytest.mark.parametrize("name", [name for name in FILES if name.endswith("yaml")])
def test_hostile_recipes_are_refused(place, capsys, command, name):
    said = refused(capsys, [command, name, "--out", "o"])
    if name in ("laughs.yaml", "merged.yaml"):
        assert "repeats too much by its aliases" in said


NUMBERS = {
    "predict": (
        ["predict", *SIZES, "--n", "10", "--N", "100"],
        ["--d-w", "--d-s", "--d-sw", "--noise", "--rho-w", "--n", "--N", "--ridge-weak"],
    ),
    "plan": (
        ["plan", *SIZES, *PRICES],
        ["--cost-label", "--cost-pseudo", "--budget", "--owned", "--pool", "--cost-weak"],
    ),
    "run": (
        ["run", *PAIR, "--labels", "y.npy", *GRID],
        [
            *("--n", "--N", "--trials", "--ridge-weak", "--noise-levels", "--test"),
            *("--components-weak", "--seed", "--students"),
        ],
    ),
    "forecast": (["forecast", *PAIR, "--labels", "y.npy"], ["--n", "--N", "--ridge-weak"]),
    "train": (
        ["train", *PAIR, "--labels", "y.npy"],
        ["--n", "--ridge-weak", "--ridge-strong", "--buy", "--seed"],
    ),
    "rank": (
        ["rank", "--weak", "a=w.npy", "--strong", "s.npy", "--labels", "y.npy"],
        ["--n", "--N", "--ridge-strong"],
    ),
    "dims": (["dims", *PAIR], ["--energy"]),
}
OPTIONS = [(command, option) for command, (_, options) in NUMBERS.items() for option in options]


@pytest.mark.parametrize("value", ["1" + "0" * 400, "1" + "0" * 5000, "-1e400", "nan", ",", ""])
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_numbers_out_of_this_world_are_refused(place, capsys, command, option, value):
    arguments = list(NUMBERS[command][0])
    if option in arguments:
        at = arguments.index(option)
        del arguments[at : at + 2]
    refused(capsys, [*arguments, option, value])


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", *SIZES[2:], "--d-w", str(2**62), "--n", "10", "--N", "100"],
        ["run", *PAIR, "--labels", "y.npy", "--n", "20", "--N", "100", "--trials", str(2**62)],
    ],
)
def test_counts_that_no_memory_holds_are_refused(place, capsys, arguments):
    assert "at most 1,000,000 is possible" in refused(capsys, arguments)


def piped(command, reader):
    """Run a command whose stdout a reader leaves; its exit code and what it says on stderr."""
    words = [sys.executable, "-m", "w2slens", *command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        if reader == "head":
            process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
    return process.returncode, said


@pytest.mark.parametrize("reader", ["head", "true"])
@pytest.mark.parametrize(
    "command",
    [
        ["dims", *PAIR],
        ["dims", *PAIR, "--json"],
        ["predict", *SIZES, *GRID[:4]],
        ["dims", "--help"],
    ],
    ids=["dims", "json", "predict", "help"],
)
def test_a_reader_that_goes_is_no_failure(place, command, reader):
    assert piped(command, reader) == (0, "")


def test_a_refusal_that_nobody_reads_is_still_one(place):
    words = [sys.executable, "-m", "w2slens", "dims", "--weak", "none.npy", "--strong", "s.npy"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        process.stderr.close()
    assert process.returncode == 2


@pytest.mark.parametrize(
    "command", [["sweep", "laughs.yaml", "--out", "o"], ["dims", "--weak", "pipe.npy", *PAIR[2:]]]
)
def test_a_real_process_refuses_in_one_line(place, command):
    words = [sys.executable, "-m", "w2slens", *command]
    found = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (2, "")
    assert re.fullmatch(r"error: [^\n]+\n", found.stderr)


def test_a_failed_sweep_leaves_nothing_half_written(place, capsys, tmp_path):
    recipe = {"weak": "w.npy", "strong": "s.npy", "labels": "y.npy", "n": 20, "N": 100, "trials": 2}
    Path("good.yaml").write_text(json.dumps(recipe))
    blocked = tmp_path / "r" / "trials" / "trial-0001.csv"
    arguments = ["sweep", "good.yaml", "--out", str(tmp_path / "r"), "--jobs", "1"]
    assert cli.invoke(arguments) == 0
    blocked.unlink()
    blocked.mkdir()
    capsys.readouterr()
    assert "cannot be written" in refused(capsys, arguments)
    assert not list(tmp_path.rglob("*.part"))
