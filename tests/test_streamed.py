"""Runs whose features stay on disk: the same numbers as in memory, on the same rows."""

import numpy as np
import pandas as pd
import pytest

from tests.laws import close
from w2slens import InputError, Moments, Settings, Study, load_results, sweep, transfer
from w2slens.experiments import streamed
from w2slens.experiments.partition import GROUPS, GroupSplit, Partition
from w2slens.experiments.rows import Rows
from w2slens.experiments.split import Split
from w2slens.experiments.trial.ceilings import Ceilings
from w2slens.experiments.trial.loop import run_trial
from w2slens.features import ondisk
from w2slens.features.ondisk import OnDisk
from w2slens.features.reading import open_features
from w2slens.moments.grouped import GroupedMoments

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")

ROWS, TEST, N = 6000, 700, (1000, 3000)
MODELS = ["weak", "w2s", "strong", "ceiling", "posterior"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Files of two overlapping feature maps, and labels."""
    folder, rng = tmp_path_factory.mktemp("pair"), np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 20))
    weak = (z[:, :12] + 3).astype(np.float32)
    strong = (z[:, 6:] @ rng.standard_normal((14, 16))).astype(np.float32)
    y = z[:, 0] + 0.5 * z[:, 8] + z[:, 9] * z[:, 10] + 0.3 * rng.standard_normal(ROWS)
    np.save(folder / "weak.npy", weak)
    np.save(folder / "strong.npy", strong)
    pd.DataFrame(strong).add_prefix("s").to_parquet(folder / "strong.parquet", row_group_size=1000)
    return folder, weak, strong, y


def study(pair, y, strong="strong.npy", **told):
    folder, *_ = pair
    settings = {"n": [60, 200], "N": N, "trials": 2, "test": TEST, "stream": "yes", **told}
    return Study.of_rows(folder / "weak.npy", folder / strong, y, Settings(**settings))


def in_memory(found, rows, trial):
    """Run a trial of a streamed study on the same rows in memory, by their numbers."""
    _, groups = found.source.trial(found.settings, trial)
    largest = max(found.settings.n), max(found.settings.N)
    rest = np.concatenate([groups.labels(largest[0]), groups.pool(largest[1])[::-1]])
    return pd.DataFrame(run_trial(rows, found.settings, trial, Split(groups.test, rest)))


@pytest.mark.parametrize("strong", ["strong.npy", "strong.parquet"])
@pytest.mark.parametrize("kept", [2**29, 0], ids=["groups kept", "a pass a pool"])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_streamed_and_in_memory_agree(pair, strong, kept, task, monkeypatch):
    monkeypatch.setattr(streamed, "KEPT_BYTES", kept)
    monkeypatch.setattr(ondisk, "CHUNK_BYTES", 2**17)  # of several chunks
    _, weak, right, y = pair
    labels = y if task == "regression" else (y > 0).astype(int)
    found = study(pair, labels, strong, students="auto", task=task)
    rows = Rows({"weak": weak}, right, found.source.targets, classes=found.source.classes)
    results = found.run(jobs=1)
    more = [f"accuracy_{m}" for m in MODELS] if task == "classification" else []
    for trial in range(2):
        one, other = results.table.query("trial == @trial"), in_memory(found, rows, trial)
        for name in (*MODELS, *more):
            close(one[name], other[name], 1e-10)
    assert results.config["streamed"]
    whole = Moments.from_rows(weak=weak, strong=right, label=found.source.targets)
    read = found.source.moments("weak").select("weak", "strong", "label")
    close(read.scatter, whole.scatter, 1e-10)


def test_what_teachers_say_is_summed_as_rows_are_read(pair, monkeypatch):
    monkeypatch.setattr(streamed, "KEPT_BYTES", 0)
    monkeypatch.setattr(ondisk, "CHUNK_BYTES", 2**17)
    _, weak, right, y = pair
    told = {"n": [60], "ridge_weak": 0.1, "ridge_strong": [0, 0.1], "noise_levels": [0, 0.5]}
    found = study(pair, y, **told)
    pools: list[Moments] = []
    total = Ceilings.__init__
    monkeypatch.setattr(
        Ceilings, "__init__", lambda top, pool, *rest: pools.append(pool) or total(top, pool, *rest)
    )
    table = found.run(jobs=1).table
    assert not any("weak" in pool.slices for pool in pools)
    for trial in range(2):
        one = table.query("trial == @trial")
        other = in_memory(found, Rows({"weak": weak}, right, found.source.targets), trial)
        for name in MODELS[:4]:
            close(one[name], other[name], 1e-10)


def test_known_targets_are_streamed_alongside(pair):
    folder, weak, strong, y = pair
    f = y - y.mean() + 0.1
    told = {"n": [60], "N": [2000], "trials": 1, "test": TEST, "stream": "yes"}
    files = folder / "weak.npy", folder / "strong.npy"
    found = Study.of_rows(*files, y, Settings(**told), target=f)
    results = found.run(jobs=1)
    rows = Rows({"weak": weak}, strong, found.source.targets, found.source.truth)
    for name in MODELS[:4]:
        close(results.table[name], in_memory(found, rows, 0)[name], 1e-10)
    close(found.source.moments("weak").cross("strong", "label")[:, 0], rows_cross(strong, f), 1e-9)


def rows_cross(features, f):
    return (features - features.mean(axis=0, dtype=float)).T @ (f - f.mean())


def test_components_are_taken_as_rows_are_read(pair):
    _, weak, strong, y = pair
    told = {"components_weak": 5, "components_strong": 0.9, "ridge_weak": 0.1, "ridge_strong": 0.1}
    found = study(pair, y, **told)
    kept = found.source.strong.shape[1]
    memory = Study.of_rows(weak, strong, y, Settings(n=60, N=1000, test=TEST, **told))
    assert kept == memory.source.strong.shape[1] < 16
    table, rows = found.run(jobs=1).table, memory.source
    one, other = table.query("trial == 0"), in_memory(found, rows, 0)
    for name in MODELS[:4]:
        close(one[name], other[name], 1e-9)


def test_groups_of_rows_stay_together(pair):
    folder, *_, y = pair
    persons = np.arange(ROWS) // 7
    told = Settings(n=60, N=1000, test=TEST, trials=1, stream="yes")
    files = folder / "weak.npy", folder / "strong.npy"
    source = Study.of_rows(*files, y, told, groups=persons).source
    _, split = source.trial(source.prepared(told)[1], 0)
    used = np.concatenate([split.labels(60), split.pool(1000)])
    assert not set(persons[split.test]) & set(persons[used])


@pytest.mark.parametrize("trial", range(3))
def test_splits_take_disjoint_rows_in_nested_order(trial):
    partition = Partition.of(5000)
    assert 10 < partition.counts.min() < partition.counts.max() < 50
    split = GroupSplit.draw(partition, 600, 1, trial)
    rest = 5000 - 600 - 49
    assert len(split.test) == 600
    pool, labels = split.pool(rest - 100), split.labels(100)
    together = np.concatenate([split.test, pool, labels])
    assert len(np.unique(together)) == len(together) == 600 + rest
    assert np.array_equal(split.pool(777), pool[:777])
    assert np.array_equal(split.labels(30), labels[:30])
    groups, ends = split.parts(777)
    assert len(ends) + partition.counts[groups].sum() == 777
    other = GroupSplit.draw(partition, 600, 1, trial + 1)
    assert not np.array_equal(split.test, other.test)


def test_unions_of_groups_have_the_moments_of_their_rows():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((900, 4)) * [1, 10, 0.1, 1] + [0, 100, 0, -5]
    codes, grouped = rng.integers(0, 7, 900), GroupedMoments(8)
    for start in range(0, 900, 130):
        some = slice(start, start + 130)
        grouped.add({"a": rows[some, :3], "b": rows[some, 3:]}, codes[some])
    for union in ([0], [5, 1], range(8)):
        own = np.isin(codes, list(union))
        whole = Moments.from_rows(a=rows[own, :3], b=rows[own, 3:])
        found = grouped.union(union)
        assert (found.count, found.blocks) == (whole.count, whole.blocks)
        close(found.mean, whole.mean, 1e-12)
        close(found.scatter, whole.scatter, 1e-11)
    with pytest.raises(InputError, match="hold no rows"):
        grouped.union([7])


@pytest.mark.parametrize("name", ["strong.npy", "strong.parquet"])
def test_rows_on_disk_are_indexed_as_an_array_is(pair, name):
    folder, _, strong, _ = pair
    rows = OnDisk(open_features(folder / name, "strong"))
    index = np.random.default_rng(0).permutation(ROWS)[:500]
    assert np.array_equal(rows[index], strong[index])
    assert np.array_equal(rows[2000:2010], strong[2000:2010])
    held = rows.holding(index)
    assert np.array_equal(held[index[::-1]], strong[index[::-1]])
    assert np.array_equal(held[np.arange(9)], strong[:9])
    assert rows.shape == (ROWS, 16)
    assert rows.dtype == np.float32


def test_a_streamed_sweep_is_kept_and_goes_on(pair, tmp_path):
    folder, *_, y = pair
    files = folder / "weak.npy", folder / "strong.npy"
    told = {"n": [60], "N": [1000], "test": TEST, "stream": "yes", "jobs": 1}
    whole = sweep(*files, y, trials=3, out=tmp_path / "whole", **told)
    sweep(*files, y, trials=2, out=tmp_path / "part", **told)
    more = sweep(*files, y, trials=3, out=tmp_path / "part", **told)
    assert more.table.equals(whole.table)
    assert load_results(tmp_path / "whole").config["streamed"]
    dims = whole.dimensions
    memory = transfer(np.load(files[0]), np.load(files[1]), y, n=60, N=1000, trials=1).dimensions
    assert dims.d_sw == pytest.approx(memory.d_sw, rel=1e-9)
    assert dims.correlation.interval == pytest.approx(memory.correlation.interval, rel=1e-6)


def test_features_are_streamed_where_they_are_large(pair, monkeypatch):
    folder, weak, strong, y = pair
    told = {"n": 60, "N": 1000, "trials": 1, "test": TEST}
    files = folder / "weak.npy", folder / "strong.npy"
    assert "streamed" not in Study.of_rows(*files, y, Settings(**told)).config
    monkeypatch.setattr("w2slens.features.ondisk.memory", lambda: 2**20)
    assert Study.of_rows(*files, y, Settings(**told)).config["streamed"]
    assert "streamed" not in Study.of_rows(weak, strong, y, Settings(**told)).config
    never = Settings(**told, stream="no")
    assert "streamed" not in Study.of_rows(*files, y, never).config


def test_a_bad_row_is_named(pair, tmp_path):
    folder, _, strong, y = pair
    broken = strong.copy()
    broken[4321, 3] = np.nan
    np.save(tmp_path / "broken.npy", broken)
    told = Settings(n=60, N=1000, trials=1, test=TEST, stream="yes")
    with pytest.raises(InputError, match=r"strong: holds 1 value .* row 4321, column 3"):
        Study.of_rows(folder / "weak.npy", tmp_path / "broken.npy", y, told).run()


@pytest.mark.parametrize("kept", [2**30, 0], ids=["in memory", "a pass a step"])
def test_logistic_probes_are_streamed(pair, kept, monkeypatch):
    monkeypatch.setattr(streamed, "LOGISTIC_BYTES", kept)
    monkeypatch.setattr(ondisk, "STEP_BYTES", 2**15)
    _, weak, right, y = pair
    told = {"students": "auto", "n": 60, "N": 300, "loss": "cross-entropy", "trials": 1}
    found = study(pair, (y > 0).astype(int), task="classification", **told)
    rows = Rows({"weak": weak}, right, found.source.targets, classes=found.source.classes)
    table, other = found.run(jobs=1).table, in_memory(found, rows, 0)
    for name in (*MODELS, *[f"accuracy_{name}" for name in MODELS]):
        close(table[name], other[name], 1e-10 if kept else 1e-5)


@pytest.mark.parametrize("kept", [2**29, 0], ids=["groups kept", "a pass a pool"])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_noise_is_streamed(pair, kept, task, monkeypatch):
    monkeypatch.setattr(streamed, "KEPT_BYTES", kept)
    monkeypatch.setattr(ondisk, "CHUNK_BYTES", 2**17)
    _, weak, right, y = pair
    labels = y if task == "regression" else (y > 0).astype(int)
    found = study(pair, labels, task=task, noise_levels=[0, 0.3], ridge_weak=0.1)
    rows = Rows({"weak": weak}, right, found.source.targets, classes=found.source.classes)
    table = found.run(jobs=1).table.query("trial == 1").sort_values(["noise", "n", "N"])
    other = in_memory(found, rows, 1).sort_values(["noise", "n", "N"])
    for name in MODELS[:4]:
        close(table[name], other[name], 1e-10)


def test_every_row_has_a_group():
    codes = Partition.of(3_000_000).codes
    counts = np.bincount(codes, minlength=GROUPS)
    assert counts.min() > 0.95 * 15_000
    assert counts.max() < 1.05 * 15_000
    assert np.array_equal(Partition.of(1000).codes, codes[:1000])


@pytest.mark.parametrize("stream", ["yes", "no"])
def test_components_of_a_sample_say_what_they_miss(pair, stream):
    _, _, strong, y = pair
    told = {"components_strong": 6, "components_sample": 60, "stream": stream, "seed": 3}
    found = study(pair, y, **told)
    assert found.source.strong.shape == (ROWS, 6)
    known = found.config["components"]["strong"]
    axes = found.source.strong
    whole = strong - strong.mean(axis=0, dtype=float)
    cut = np.asarray(axes[:ROWS] - np.mean(axes[:ROWS], axis=0))
    held = float(np.sum(cut**2) / np.sum(whole**2))
    best = np.linalg.svd(whole, compute_uv=False) ** 2
    assert known["kept"] == 6
    assert held < best[:6].sum() / best.sum()
    assert known["variance_of_others"] == pytest.approx(held, abs=0.05)  # of 60 other rows
    assert known["variance_of_others"] < known["variance_of_sample"] < 1
    assert found.run(jobs=1).config["components_sample"] == 60
    whole = study(pair, y, components_strong=6, stream=stream)
    assert "components" not in whole.config
    assert "components_sample" not in whole.config


def test_a_sample_of_no_components_is_refused(pair):
    with pytest.raises(InputError, match="components_sample: goes with components of a side"):
        study(pair, pair[3], components_sample=100)
    with pytest.raises(InputError, match=r"components_sample: is 5,000; at most 3,000"):
        study(pair, pair[3], components_strong=2, components_sample=5000)


@pytest.mark.parametrize("ending", ["parquet", "safetensors"])
def test_trials_in_processes_open_files_by_themselves(pair, ending):
    folder, _, strong, y = pair
    if ending == "safetensors":
        save = pytest.importorskip("safetensors.numpy").save_file
        save({"x": strong.astype(np.float64)}, folder / "strong.safetensors")
    told = {"n": [60], "N": [1000], "trials": 40}
    found = study(pair, y, f"strong.{ending}", **told)
    tables = [found.run(jobs=jobs).table for jobs in (1, 2)]
    assert tables[0].equals(tables[1])
