"""Datasets of Hugging Face `datasets`, saved or in Python, as features and labels."""

import json

import numpy as np
import pyarrow as pa
import pytest

from w2slens import InputError, dimensions, transfer
from w2slens.features.reading import open_features, read_labels

ROWS = 53


def columns():
    rng = np.random.default_rng(0)
    return {
        "uid": [f"u{i}" for i in range(ROWS)],
        "emb": rng.standard_normal((ROWS, 5)).astype(np.float32),
        "mat": rng.standard_normal((ROWS, 2, 3)).astype(np.float32),
        "w0": rng.standard_normal(ROWS),
        "w1": rng.standard_normal(ROWS),
        "y": np.arange(ROWS) % 2,
        "kind": ["even" if i % 2 else "odd" for i in range(ROWS)],
    }


def write_arrow(folder, tables, **state):
    """Save tables as `datasets` does: Arrow streams, and a file that lists them."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05d}-of-{len(tables):05d}.arrow" for i in range(len(tables))]
    for name, table in zip(names, tables, strict=True):
        with (
            pa.OSFile(str(folder / name), "wb") as sink,
            pa.ipc.new_stream(sink, table.schema) as w,
        ):
            w.write_table(table, max_chunksize=7)
    listed = {"_data_files": [{"filename": name} for name in names], **state}
    (folder / "state.json").write_text(json.dumps(listed))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def table(start=0, stop=ROWS):
    known = columns()
    listed = {name: list(values[start:stop]) for name, values in known.items() if name != "mat"}
    listed["mat"] = known["mat"][start:stop].tolist()
    return pa.table(listed)


@pytest.fixture
def saved(tmp_path):
    return write_arrow(tmp_path / "kept", [table(0, 20), table(20, 21), table(21, ROWS)])


def test_columns_of_a_saved_dataset_are_picked_as_those_of_parquet(saved):
    known = columns()
    emb = open_features(f"{saved}:emb", "weak")
    assert np.array_equal(emb.read(), known["emb"])
    for start, stop in ((0, 1), (5, 40), (19, 22), (20, 21), (50, ROWS), (7, 7)):
        assert np.array_equal(emb.chunk(start, stop), known["emb"][start:stop])
    matrices = open_features(f"{saved}:mat", "weak")
    assert matrices.coordinates == 6
    assert np.array_equal(matrices.read(), known["mat"].reshape(ROWS, 6))
    pair = np.column_stack([known["w0"], known["w1"]])
    assert np.array_equal(open_features(f"{saved}:w*", "weak").read(), pair)
    assert read_labels(f"{saved}:y").ravel().tolist() == known["y"].tolist()
    assert read_labels(f"{saved}:kind").tolist() == known["kind"]


def test_what_a_saved_dataset_lacks_is_named(saved):
    with pytest.raises(InputError, match=r"kept has no column 'none'; it has uid, emb"):
        open_features(f"{saved}:none", "weak")
    with pytest.raises(InputError, match="column 'uid' of kept holds string"):
        open_features(saved, "weak")
    ragged = write_arrow(saved.parent / "ragged", [pa.table({"v": [[1.0, 2.0], [1.0]]})])
    with pytest.raises(InputError, match="the vectors in ragged differ in length"):
        open_features(ragged, "weak").read()
    parts = [pa.table({"v": [[1.0, 2.0]]}), pa.table({"v": [[1.0, 2.0, 3.0]]})]
    with pytest.raises(InputError, match="the vectors in uneven differ in length"):
        open_features(write_arrow(saved.parent / "uneven", parts), "weak").chunk(1, 2)
    lacking = write_arrow(saved.parent / "lacking", [pa.table({"v": [[1.0, 2.0], None]})])
    with pytest.raises(InputError, match="lacking lacks 1 of its vectors"):
        open_features(lacking, "weak").read()
    (saved.parent / "dataset_dict.json").write_text("{}")
    with pytest.raises(InputError, match="holds several splits; name one as"):
        open_features(saved.parent, "weak")


def test_damaged_datasets_are_refused(saved):
    source = open_features(f"{saved}:emb", "weak")
    last = saved / "data-00002-of-00003.arrow"
    content = last.read_bytes()
    last.write_bytes(content[: len(content) // 2])  # mapped: reading on would kill the process
    assert len(source.chunk(0, 20)) == 20
    with pytest.raises(InputError, match=r"of-00003\.arrow cannot be read .*it has changed since"):
        source.chunk(15, 40)
    for cut in (len(content) // 2, len(content) - 1, len(content) - 8, 4, 0):
        last.write_bytes(content[:cut])
        with pytest.raises(InputError, match=r"data-00002-of-00003\.arrow cannot be read"):
            open_features(f"{saved}:emb", "weak")
    last.unlink()
    with pytest.raises(InputError, match=r"data-00002-of-00003\.arrow does not exist"):
        open_features(f"{saved}:emb", "weak")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            {"_data_files": [{"filename": "../kept/data-00000-of-00003.arrow"}]},
            "outside its folder",
        ),
        ({"_data_files": [{"filename": "/etc/passwd"}]}, "outside its folder"),
        ({"_data_files": [{"filename": 3}]}, "names no files"),
        ({"_data_files": []}, "names no files"),
        ({}, "names no files"),
        ({"_data_files": ["x"]}, "names no files"),
    ],
)
def test_a_state_that_points_elsewhere_is_refused(saved, state, message):
    (saved / "state.json").write_text(json.dumps(state))
    with pytest.raises(InputError, match=message):
        open_features(f"{saved}:emb", "weak")


@pytest.fixture
def real():
    datasets = pytest.importorskip("datasets")
    listed = getattr(datasets, "List", None) or datasets.Sequence
    known = columns()
    features = datasets.Features(
        {
            "uid": datasets.Value("string"),
            "emb": listed(datasets.Value("float32"), length=5),
            "mat": datasets.Array2D((2, 3), "float32"),
            "w0": datasets.Value("float64"),
            "w1": datasets.Value("float64"),
            "y": datasets.ClassLabel(names=["a", "b"]),
            "kind": datasets.Value("string"),
        }
    )
    return datasets.Dataset.from_dict(
        {name: list(values) for name, values in known.items()}, features=features
    )


def test_what_the_package_saves_is_read(real, tmp_path):
    known = columns()
    real.save_to_disk(tmp_path / "whole", num_shards=3)
    real.shuffle(seed=3).save_to_disk(tmp_path / "shuffled")
    order = real.shuffle(seed=3)["uid"][:]
    for name in ("emb", "mat"):
        flat = known[name].reshape(ROWS, -1)
        assert np.array_equal(open_features(f"{tmp_path}/whole:{name}", "weak").read(), flat)
        found = open_features(f"{tmp_path}/shuffled:{name}", "weak").read()
        assert np.array_equal(found, flat[[int(uid[1:]) for uid in order]])


def test_a_dataset_stands_wherever_arrays_do(real):
    known = columns()
    for name in ("emb", "mat"):
        flat = known[name].reshape(ROWS, -1)
        source = open_features(real.select_columns(name), "weak")
        assert np.array_equal(source.read(), flat)
        assert np.array_equal(source.chunk(13, 31), flat[13:31])
        assert np.array_equal(open_features(real[name], "weak").read(), flat)  # its column
    turned = real.select(range(ROWS - 1, -1, -1)).select_columns("emb")
    assert np.array_equal(open_features(turned, "weak").read(), known["emb"][::-1])
    assert read_labels(real["kind"]).tolist() == known["kind"]
    assert read_labels(real.select_columns("y")).ravel().tolist() == known["y"].tolist()
    arrays = dimensions(known["emb"], known["mat"].reshape(ROWS, 6))
    sets = dimensions(real.select_columns("emb"), real.select_columns("mat"))
    assert sets.to_dict() == arrays.to_dict()
    grid = {"n": 12, "N": 20, "trials": 2, "task": "classification"}
    run = transfer(real["emb"], real["mat"], real["y"], **grid)
    same = transfer(known["emb"], known["mat"].reshape(ROWS, 6), known["y"], **grid)
    assert run.table.equals(same.table)
    with pytest.raises(InputError, match="column 'uid' of the dataset holds string"):
        open_features(real, "weak")


def test_datasets_without_rows_by_number_are_refused(real):
    datasets = pytest.importorskip("datasets")
    with pytest.raises(InputError, match="one split of rows that have numbers is needed"):
        open_features(datasets.DatasetDict(train=real), "weak")
