"""Files that go, shrink or hold a bad row while they are read; a disk that is full: one line."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.test_saved_datasets import write_arrow
from w2slens import InputError, dimensions, load_results, train
from w2slens.features.reading import open_features
from w2slens.recipe import load_recipe

ROWS = 2000


def rows():
    return np.random.default_rng(0).standard_normal((ROWS, 6)).astype(np.float32)


def npy(folder, name):
    np.save(folder / name, rows())


def fortran(folder, name):
    np.save(folder / name, np.asfortranarray(rows()))


def parquet(folder, name):
    pd.DataFrame(rows()).add_prefix("w").to_parquet(folder / name, row_group_size=300)


def safetensors(folder, name):
    pytest.importorskip("safetensors.numpy").save_file({"w": rows()}, folder / name)


def brain(folder, name):
    torch = pytest.importorskip("torch")
    save = pytest.importorskip("safetensors.torch").save_file
    save({"w": torch.from_numpy(rows()).bfloat16()}, folder / name)


WRITERS = {
    "b.npy": npy,
    "f.npy": fortran,
    "b.parquet": parquet,
    "b.safetensors": safetensors,
    "bf16.safetensors": brain,
}


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


READ = """
import sys
from pathlib import Path
from w2slens import InputError
from w2slens.features.reading import open_features
from w2slens.recipe import load_recipe
source, hurt = open_features(sys.argv[1], "weak"), Path(sys.argv[2])
hurt.rename(hurt.with_suffix(".gone")) if sys.argv[3] == "gone" else \\
    __import__("os").truncate(hurt, hurt.stat().st_size // 2)
try:
    print(source.chunk(0, source.rows).shape)
except InputError as error:
    print(error)
"""


def read_hurt(source, hurt, how):
    """Open, hurt a file, and read, in a process of its own: a mapped file may kill it."""
    command = [sys.executable, "-c", READ, str(source), str(hurt), how]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found
    return found.stdout.strip()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_a_part_that_goes_or_shrinks_after_it_was_opened_is_named(tmp_path, name, how):
    WRITERS[name](tmp_path, name)
    shutil.copy(tmp_path / name, tmp_path / f"a{name}")
    for source in (tmp_path, tmp_path / name):
        shutil.copy(tmp_path / f"a{name}", tmp_path / name)
        said = read_hurt(source, tmp_path / name, how)
        (tmp_path / name).with_suffix(".gone").unlink(missing_ok=True)
        whole = f"({2 * ROWS if source == tmp_path else ROWS}, 6)"
        # What is open already may still be read when its name is gone.
        assert said.startswith(f"weak: {tmp_path / name} cannot be read") or (
            how == "gone" and said == whole
        ), said


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_was_cut_before_is_named(tmp_path, name):
    WRITERS[name](tmp_path, name)
    cut(tmp_path / name)
    with pytest.raises(InputError, match=rf"{name} cannot be read as"):
        open_features(tmp_path, "weak").read()


@pytest.mark.parametrize("sharded", [False, True])
def test_chunks_of_zarr_that_go_or_shrink_are_missed(tmp_path, sharded):
    zarr = pytest.importorskip("zarr")
    shape = {"shape": (ROWS, 6), "chunks": (100, 6), "dtype": "f4"}
    shape |= {"shards": (500, 6)} if sharded else {}
    array = zarr.create_array(str(tmp_path / "w.zarr"), **shape)
    array[:] = rows()
    where = tmp_path / "w.zarr" / "c" / "1" / "0"
    content = where.read_bytes()
    source = open_features(tmp_path / "w.zarr", "weak")
    where.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"w\.zarr cannot be read as \.zarr"):
        source.chunk(0, 900)
    where.unlink()
    with pytest.raises(InputError, match=r"w\.zarr cannot be read .* of it went since it was op"):
        source.chunk(0, 900)
    assert np.array_equal(source.chunk(1000, 1500), rows()[1000:1500])
    missing = r"weak: .*w\.zarr lacks \d of its 20 chunks, read as 0\.0"
    with pytest.warns(UserWarning, match=missing):
        again = open_features(tmp_path / "w.zarr", "weak")
    assert (again.chunk(0, 1000) == 0).all(axis=1).sum() == (500 if sharded else 100)


def test_a_bad_row_far_down_a_large_file_is_named(tmp_path):
    shape = (1_300_000, 4)
    large = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype="f4", shape=shape)
    large[:] = np.random.default_rng(0).standard_normal(shape, dtype="f4")
    large[1_234_567, 2] = np.nan
    large.flush()
    message = "weak: holds 1 value that is NaN or infinite, the first at row 1234567, column 2"
    with pytest.raises(InputError, match=message):
        dimensions(tmp_path / "x.npy", tmp_path / "x.npy")
    (tmp_path / "parts").mkdir()
    for i, part in enumerate(np.array_split(large, 13)):
        np.save(tmp_path / "parts" / f"{i}.npy", part)
    with pytest.raises(InputError, match=message):
        open_features(tmp_path / "parts", "weak").chunk(1_200_000, 1_300_000)


def test_a_bad_row_of_a_saved_dataset_is_named(tmp_path):
    values = rows()
    values[1234, 5] = np.inf
    table = pa.table({"v": list(values)})
    folder = write_arrow(tmp_path / "kept", [table.slice(0, 1000), table.slice(1000)])
    with pytest.raises(InputError, match="the first at row 1234, column 5"):
        open_features(folder, "weak").chunk(1000, ROWS)


FULL = """
size=$1; place=$2; shift 2
mount -t tmpfs -o size=$size none "$place" || exit 1
test -d "$place.before" && cp -r "$place.before/." "$place"
test "$FILL" && cat /dev/zero > "$place/filling" 2> "$place.told"
"$@"; code=$?
rm -f "$place/filling"; mkdir -p "$place.after" && cp -r "$place/." "$place.after"
exit $code
"""


@pytest.fixture
def disk(tmp_path):
    """Return what runs a command on a small disk: its exit code and what it says."""
    mount = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    x = np.random.default_rng(0).standard_normal((20_000, 9))
    np.save(tmp_path / "w.npy", x[:, :6])
    np.save(tmp_path / "s.npy", x[:, 3:])
    np.save(tmp_path / "y.npy", x[:, 4] + np.random.default_rng(1).standard_normal(len(x)))
    (tmp_path / "small").mkdir()
    y = np.load(tmp_path / "y.npy")[:100]
    train(x[:, :6], x[:, 3:], y, student="imitate").save(tmp_path / "model")
    recipe = (
        "n: [20, 40]\nN: [100, 200, 300]\ntrials: 60\nweak: w.npy\nstrong: s.npy\nlabels: y.npy\n"
    )
    (tmp_path / "r.yaml").write_text(recipe + "ridge_weak: 0.1\nridge_strong: 0.1\n")

    def run(size, *arguments, fill=False):
        command = ["unshare", "-rm", "sh", "-c", FULL, "sh", size, str(tmp_path / "small")]
        command += [sys.executable, "-m", "w2slens", *arguments]
        told = {"capture_output": True, "text": True, "cwd": tmp_path}
        done = subprocess.run(command, env={**os.environ, "FILL": "1" if fill else ""}, **told)
        return done.returncode, done.stderr.strip()

    return run


PAIR = ["--weak", "w.npy", "--strong", "s.npy"]
RUN = ["run", *PAIR, "--labels", "y.npy", "--n", "20", "--N", "100", "--trials", "3"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([*RUN, "--out", "small/o"], "small/o"),
        (["dims", *PAIR, "--out", "small/o"], "small/o"),
        (["apply", "model", "s.npy", "--out", "small/o.npy"], "small/o.npy"),
        (["train", *PAIR, "--labels", "y.npy", "--n", "50", "--student", "imitate", "--out",
          "small/o"], "small/o"),
        (["sweep", "r.yaml", "--out", "small/o"], "small/o"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_full_disk_is_told_in_one_line(disk, tmp_path, arguments, named):
    code, said = disk("16k", *arguments)
    last = said.splitlines()[-1]
    assert code == 2, said
    assert last.startswith(f"error: --out {named}")
    assert "No space left on device" in last
    assert "Traceback" not in said


def test_earlier_results_outlive_a_full_disk(disk, tmp_path):
    before, after = tmp_path / "small.before", tmp_path / "small.after"
    assert disk("8m", *RUN, "--out", "small/o")[0] == 0
    shutil.copytree(after, before)
    shutil.rmtree(after)
    kept = {path.name: path.read_bytes() for path in (before / "o").iterdir() if path.is_file()}
    code, said = disk("8m", *RUN, "--seed", "1", "--out", "small/o", "--overwrite", fill=True)
    assert (code, "No space left" in said) == (2, True), said
    assert kept == {p.name: p.read_bytes() for p in (after / "o").iterdir() if p.is_file()}


def test_a_sweep_goes_on_after_a_full_disk(disk, tmp_path):
    before, after = tmp_path / "small.before", tmp_path / "small.after"
    code, said = disk("100k", "sweep", "r.yaml", "--out", "small/o")
    assert code == 2, said
    done = len(list((after / "o" / "trials").glob("trial-*.csv")))
    assert 0 < done < 60
    after.rename(before)
    assert disk("8m", "sweep", "r.yaml", "--out", "small/o")[0] == 0
    plain = load_recipe(tmp_path / "r.yaml").run(jobs=1)
    assert load_results(after / "o").table.equals(plain.table)
