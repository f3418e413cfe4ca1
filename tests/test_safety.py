"""What a file must not do: run code when it is read, write elsewhere, or send for more."""

import io
import json
import os
import pickle
import socket
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.test_saved_datasets import write_arrow
from w2slens import InputError, cli
from w2slens.features.readers import READERS
from w2slens.features.reading import open_features, read_labels

CALLED = []


class Code:
    """An object that says when it is unpickled."""

    def __reduce__(self):
        return CALLED.append, ("unpickled",)


PICKLE = pickle.dumps(Code())


@pytest.fixture(autouse=True)
def nothing_is_run(tmp_path, monkeypatch):
    """Work in a folder of its own; nothing beside it is written, nothing unpickled or sent for."""
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **more: asked.append(args))
    monkeypatch.setattr(socket.socket, "connect", lambda self, where: asked.append(where))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: asked.append(args))
    CALLED.clear()
    yield inside
    assert CALLED == []
    assert asked == []
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def refused(path, message):
    for read in (open_features, read_labels):
        with pytest.raises(InputError, match=message):
            read(str(path), "weak")


def objects():
    buffer = io.BytesIO()
    np.save(buffer, np.array([Code(), 1], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize("ending", sorted(READERS))
def test_a_pickle_under_any_ending_is_not_read(nothing_is_run, ending):
    if ending in (".zarr", ".safetensors"):
        pytest.importorskip(ending[1:])
    (nothing_is_run / f"x{ending}").write_bytes(PICKLE)
    refused(
        f"x{ending}", "cannot be read|holds pickled objects|holds text|may be a row|begins with"
    )


def test_no_refusal_says_how_to_load_a_pickle(nothing_is_run):
    for content, said in (
        (PICKLE, "holds pickled objects, which can run code and are never loaded"),
        (b"1,2,3\n", r"cannot be read as \.npy \(its first bytes are of another format\)$"),
    ):
        (nothing_is_run / "x.npy").write_bytes(content)
        refused("x.npy", said)


def test_arrays_of_objects_are_not_read(nothing_is_run):
    (nothing_is_run / "x.npy").write_bytes(objects())
    refused("x.npy", "holds pickled objects, which can run code and are never loaded")
    with zipfile.ZipFile("x.npz", "w") as archive:
        archive.writestr("a.npy", objects())
        archive.writestr("b.npy", objects())
    refused("x.npz:a", "holds pickled objects")
    for name in ("id.npy", "y.npy"):
        (nothing_is_run / name).write_bytes(objects())
    rows = np.random.default_rng(0).standard_normal((2, 3))
    with pytest.raises(InputError, match="holds pickled objects"):
        list(open_features(rows, "weak", id={"weak": "id.npy"}).ids.blocks())


def test_members_of_an_archive_write_nothing(nothing_is_run):
    rows = np.random.default_rng(0).standard_normal((5, 3))
    buffer = io.BytesIO()
    np.save(buffer, rows)
    names = ("../out.npy", "/tmp/w2slens-out.npy", "a/../../out.npy")
    with zipfile.ZipFile("x.npz", "w") as archive:
        for name in names:
            archive.writestr(name, buffer.getvalue())
    for name in names:
        key = name.removesuffix(".npy")
        assert np.array_equal(open_features(f"x.npz:{key}", "weak").read(), rows)
    assert not os.path.exists("/tmp/w2slens-out.npy")


ZARR2 = {"zarr_format": 2, "shape": [4, 2], "chunks": [4, 2], "fill_value": 0, "order": "C"}


@pytest.mark.parametrize(
    ("dtype", "filters", "compressor"),
    [
        ("<f8", [{"id": "pickle"}], None),
        ("<f8", None, {"id": "pickle"}),
        ("<f8", [{"id": "delta", "dtype": "<f8"}, {"id": "pickle"}], {"id": "zlib", "level": 1}),
        ("|O", [{"id": "pickle"}], None),
        ("|O", [{"id": "vlen-utf8"}, {"id": "pickle"}], None),
        ("|O", [{"id": "vlen-utf8"}], {"id": "pickle"}),
    ],
)
def test_codecs_that_unpickle_are_refused(nothing_is_run, monkeypatch, dtype, filters, compressor):
    pytest.importorskip("zarr")
    pickles = pytest.importorskip("numcodecs.pickles")
    monkeypatch.setattr(pickles, "ALLOW_UNSAFE_PICKLE_DECODE", True, raising=False)
    folder = nothing_is_run / "x.zarr"
    folder.mkdir()
    more = {"dtype": dtype, "filters": filters, "compressor": compressor}
    (folder / ".zarray").write_text(json.dumps({**ZARR2, **more}))
    (folder / "0.0").write_bytes(PICKLE)
    refused("x.zarr", r"holds pickled objects|x\.zarr cannot be read")


def test_a_dataset_runs_no_code_of_its_folder(nothing_is_run):
    table = pa.table({"v": np.random.default_rng(0).standard_normal(5)})
    kept = write_arrow(nothing_is_run / "kept", [table], _format_type="pickle")
    (kept / "kept.py").write_text("raise SystemExit('run')")
    (kept / "dataset_info.json").write_bytes(PICKLE)
    assert open_features(kept, "weak").coordinates == 1
    (kept / "state.json").write_bytes(PICKLE)
    refused("kept", "is not a text file|is damaged")


def test_columns_of_python_objects_are_not_read(nothing_is_run):
    pq.write_table(pa.table({"v": [PICKLE, PICKLE]}), "x.parquet")
    refused("x.parquet", "column 'v' of x.parquet holds binary")
    write_arrow(nothing_is_run / "kept", [pa.table({"v": [PICKLE]})])
    refused("kept", "column 'v' of kept holds binary")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x.npy",
        "http://example.org/x.csv",
        "s3://bucket/x.parquet",
        "ftp://example.org/x.npz:a",
        "file:///etc/x.safetensors",
        "https://example.org/x.csv:w*",
    ],
)
def test_urls_are_sent_for_by_zarr_alone(capsys, url):
    refused(url, r"is a URL; those of \.zarr are read, all else from files")
    with pytest.raises(InputError, match="is a URL"):
        list(
            open_features([[1.0], [2.0]], "weak", id={"weak": "https://e.org/i.csv:a"}).ids.blocks()
        )
    assert cli.invoke(["dims", "--weak", url, "--strong", url]) == 2
    assert "is a URL" in capsys.readouterr().err


def test_urls_inside_files_are_words(nothing_is_run):
    text = "uid,x\nhttps://example.org/a,1.5\nhttps://example.org/b,2.5\n"
    (nothing_is_run / "x.csv").write_text(text)
    source = open_features("x.csv", "weak", id="uid")
    assert source.read().tolist() == [[1.5], [2.5]]
    assert source.ids.whole()[0].as_py() == "https://example.org/a"
    (nothing_is_run / "state").mkdir()
    state = {"_data_files": [{"filename": "https://example.org/data.arrow"}]}
    (nothing_is_run / "state" / "state.json").write_text(json.dumps(state))
    refused("state", "outside its folder")
    (nothing_is_run / "y.csv").write_text("y\nhttps://e.org/a\nhttps://e.org/a\nhttps://e.org/b\n")
    assert read_labels("y.csv", rows=3).tolist()[-1] == "https://e.org/b"
