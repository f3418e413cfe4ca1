import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.laws import close
from w2slens import InputError, MissingExtraError, dimensions
from w2slens._core import check
from w2slens.features.reading import open_features, paired_chunks, read_array, read_labels


@pytest.fixture
def matrix():
    return np.random.default_rng(0).standard_normal((97, 5)).astype(np.float32)


def write(path, matrix):
    """Write the matrix in the format that the ending names; return the path to read."""
    match path.suffix:
        case ".npy":
            np.save(path, matrix)
        case ".npz":
            np.savez(path, other=matrix[:3], features=matrix)
            return f"{path}:features"
        case ".csv":
            pd.DataFrame(matrix).to_csv(path, index=False)
        case ".parquet":
            pd.DataFrame(matrix).rename(columns=str).to_parquet(path, row_group_size=10)
        case ".zarr":
            zarr = pytest.importorskip("zarr")
            zarr.save_array(str(path), matrix)
        case ".safetensors":
            numpy = pytest.importorskip("safetensors.numpy")
            numpy.save_file({"a": matrix, "b": matrix[:2]}, path)
            return f"{path}:a"
    return str(path)


ENDINGS = [".npy", ".npz", ".csv", ".parquet", ".zarr", ".safetensors"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_gives_the_same_rows(tmp_path, matrix, ending):
    source = open_features(write(tmp_path / f"a b{ending}", matrix), "weak")
    assert (source.rows, source.coordinates) == matrix.shape
    close(source.read(), matrix, 1e-7)
    chunks = [chunk["weak"] for chunk in paired_chunks(source, source, 13)]
    close(np.concatenate(chunks), matrix, 1e-7)
    close(source.chunk(8, 33), matrix[8:33], 1e-7)


def test_vectors_in_one_parquet_column(tmp_path, matrix):
    frame = pd.DataFrame({"embedding": list(matrix)})
    frame.to_parquet(tmp_path / "e.parquet", row_group_size=20)
    close(open_features(tmp_path / "e.parquet", "weak").read(), matrix, 0)
    ragged = pd.DataFrame({"embedding": [[1.0, 2.0], [3.0]]})
    ragged.to_parquet(tmp_path / "r.parquet")
    with pytest.raises(InputError, match="differ in length"):
        open_features(tmp_path / "r.parquet", "weak").read()


def test_a_table_with_or_without_a_header(tmp_path):
    (tmp_path / "with.csv").write_text("\ufeffa,b\n1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "without.csv").write_text("1,2\n3,4\n")
    for name in ("with.csv", "without.csv"):
        found = read_array(tmp_path / name, "y")
        assert found.tolist() == [[1, 2], [3, 4]]
        assert found.dtype.kind == "i"


def test_memory_mapped_rows_are_read_as_they_are_taken(tmp_path, matrix):
    source = open_features(write(tmp_path / "a.npy", matrix), "weak")
    assert isinstance(source.data, np.memmap)


def test_arrays_in_memory_are_not_copied(matrix):
    assert np.shares_memory(open_features(matrix, "weak").read(), matrix)


def test_dimensions_of_files_equal_those_of_arrays(tmp_path, matrix):
    strong = np.random.default_rng(1).standard_normal((97, 4))
    found = dimensions(write(tmp_path / "w.csv", matrix), write(tmp_path / "s.parquet", strong))
    close(found.d_sw, dimensions(matrix, strong).d_sw, 1e-6)


class Opens:
    """An object whose unpickling would be seen."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_pickles_are_never_loaded(tmp_path):
    import pickle

    np.save(tmp_path / "a.npy", np.array([Opens()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "b.npz", x=np.array([Opens()], dtype=object), allow_pickle=True)
    (tmp_path / "c.npy").write_bytes(pickle.dumps(Opens()))
    for name in ("a.npy", "b.npz:x", "c.npy"):
        with pytest.raises(InputError, match="pickle"):
            open_features(tmp_path / name, "weak").read()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npy", None, "does not exist"),
        ("a.npy", b"", "cannot be read as .npy"),
        ("a.npz", b"PK not really", "cannot be read as .npz"),
        ("a.parquet", b"PAR1", "cannot be read as .parquet"),
        ("a.csv", b"", "cannot be read as .csv"),
        ("a.csv", b"\xff\xfe\x00", "cannot be read as .csv"),
        ("a.txt", b"1 2", "ends in none of .npy"),
        ("a.csv", b"1,2\n3,x\n", r"column 1 of a.csv holds text, first 'x' at row 1"),
        ("a.csv", b"p,q\n1,2\n3,x\n", r"column 1 \('q'\) of a.csv holds text, first 'x' at row 1"),
        ("a.csv", b"1,2\n3,\n", "holds 1 value .* row 1, column 1"),
        ("a.csv", b"p,q\n", "is empty"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        open_features(tmp_path / name, "weak").read()


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        open_features(tmp_path, "weak")


def test_text_columns_in_parquet_are_named(tmp_path):
    pd.DataFrame({"x": [1.0], "name": ["a"]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column 'name' of t"):
        open_features(tmp_path / "t.parquet", "weak")


def test_arrays_of_a_file_are_listed(tmp_path, matrix):
    write(tmp_path / "a.npz", matrix)
    with pytest.raises(InputError, match=r"name one as a.npz:KEY \(other, features\)"):
        open_features(tmp_path / "a.npz", "weak")
    with pytest.raises(InputError, match="no array 'c'; it holds other, features"):
        open_features(f"{tmp_path / 'a.npz'}:c", "weak")


def test_the_place_of_a_nan_counts_from_the_start_of_the_file(tmp_path):
    tall = np.zeros((30_000, 2), np.float32)
    tall[:, 0] = np.arange(30_000)
    tall[25_017, 1] = np.nan
    np.save(tmp_path / "a.npy", tall)
    with pytest.raises(InputError, match="row 25017, column 1"):
        dimensions(tmp_path / "a.npy", np.arange(60_000.0).reshape(30_000, 2))


def test_a_header_is_told_from_numbers(tmp_path):
    tables = {
        "quoted.csv": ('"1.5","2.5"\n"3.5","4.5"\n', 2),
        "quoted header.csv": ('"a, b","c"\n1,2\n', 1),
        "pandas default.csv": ("0,1,2\n5,6,7\n8,9,10\n", 2),
        "numeric names.csv": ("3,13\n0.5,0.25\n1.5,2.5\n", 2),
        "classes.csv": ("2\n1\n0\n", 3),
    }
    for name, (text, rows) in tables.items():
        (tmp_path / name).write_text(text)
        assert len(read_array(tmp_path / name, "y")) == rows, name


def test_a_header_that_cannot_be_told_is_settled_by_rows_or_asked_for(tmp_path):
    path = tmp_path / "y.csv"
    path.write_text("0\n1\n0\n")  # three classes, or what pandas writes of a nameless column
    assert len(read_array(path, "y", rows=3)) == 3
    assert len(read_array(path, "y", rows=2)) == 2
    assert len(read_array(path, "y", header=True)) == 2
    assert len(read_array(path, "y", header=False)) == 3
    with pytest.raises(InputError, match=r"y.csv begins with 0, .*--header yes or no"):
        read_array(path, "y")


def test_a_blank_line_is_a_row_that_lacks_its_label(tmp_path):
    path = tmp_path / "y.csv"
    path.write_text("y\n1.5\n2.5\n\n4.5\n\n")
    with pytest.raises(InputError, match="1 value that is NaN or infinite, the first at row 2"):
        check.labels(read_labels(path), "y", None)
    path.write_text("kind\nbad\n\ngood\n")
    with pytest.raises(InputError, match=r"lacks 1 label, the first at row 1 \(counted from 0\)"):
        read_labels(path)
    path.write_text("a,b\n1,2\n\n3,4\n")
    with pytest.raises(InputError, match="NaN or infinite, the first at row 1, column 0"):
        open_features(path, "weak").read()


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_columns_are_picked_by_name_and_pattern(tmp_path, ending):
    frame = pd.DataFrame(
        {"w0": [1.0, 2.0], "w1": [3.0, 4.0], "s0": [5.0, 6.0], "kind": ["benign", "malignant"]}
    )
    path = tmp_path / f"t.{ending}"
    write = {
        "csv": lambda: frame.to_csv(path, index=False),
        "tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        "parquet": lambda: frame.to_parquet(path),
    }
    write[ending]()
    read = {"w*": [[1, 3], [2, 4]], "s0,w0": [[5, 1], [6, 2]], "w1": [[3], [4]]}
    for columns, expected in read.items():
        assert open_features(f"{path}:{columns}", "weak").read().tolist() == expected
    assert read_labels(f"{path}:kind").tolist() == ["benign", "malignant"]
    with pytest.raises(InputError, match=r"has no column 'x\*'; it has w0, w1, s0, kind"):
        open_features(f"{path}:x*", "weak")
    with pytest.raises(InputError, match=r"'kind'.* holds (text|.*string)"):
        open_features(f"{path}:w0,kind", "weak").read()


def test_text_labels_without_a_header_are_told_by_a_class_that_recurs(tmp_path):
    path = tmp_path / "y.csv"
    path.write_text("benign\nmalignant\nbenign\n")
    assert len(read_labels(path)) == 3
    path.write_text("diagnosis\nmalignant\nbenign\n")
    assert len(read_labels(path)) == 2
    assert len(read_labels(path, rows=3)) == 3


def test_text_and_categories_are_classes():
    words = np.array(["b", "a", "b"])
    for given in (
        words,
        words.astype(object),
        words.astype("S"),
        list(words),
        pd.Series(words),
        pd.Series(words, dtype="category"),
        pd.Series(words, dtype="string"),
        pd.DataFrame({"y": words}),
    ):
        targets, classes = check.labels(given, "y", None)
        assert classes.tolist() == ["a", "b"]
        assert targets.tolist() == [[0, 1], [1, 0], [0, 1]]
    with pytest.raises(InputError, match=r"is text .*; a regression needs numbers"):
        check.labels(words, "y", "regression")
    with pytest.raises(InputError, match="lacks 1 label, the first at row 1"):
        check.labels(pd.Series(["a", None, "b"]), "y", None)
    with pytest.raises(InputError, match="are they classes"):
        check.labels([0, 1, 2], "y", None)


def test_sparse_rows_are_made_dense_by_chunks(tmp_path, caplog):
    rng = np.random.default_rng(0)
    dense = rng.standard_normal((50, 7)) * (rng.random((50, 7)) < 0.3)
    for kind in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        with caplog.at_level("INFO", "w2slens"):
            source = open_features(kind(dense), "weak")
        assert (source.rows, source.coordinates) == (50, 7)
        np.testing.assert_array_equal(source.chunk(10, 20), dense[10:20])
        np.testing.assert_array_equal(source.read(), dense)
    assert "weak is sparse" in caplog.text
    sparse.save_npz(tmp_path / "s.npz", sparse.csr_matrix(dense))
    np.testing.assert_array_equal(open_features(tmp_path / "s.npz", "weak").read(), dense)
    found, expected = dimensions(sparse.csr_matrix(dense), dense), dimensions(dense, dense)
    assert found.d_sw == expected.d_sw


def test_tables_and_nullable_columns_are_numbers():
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [3, 4]})
    for kinds in ({"a": "Float64", "b": "Int64"}, {"a": "double[pyarrow]", "b": "int64[pyarrow]"}):
        assert check.features(frame.astype(kinds), "weak").tolist() == [[1.5, 3], [2.5, 4]]
    labels = pd.Series([1, None, 2], dtype="Int64")
    with pytest.raises(InputError, match="NaN or infinite, the first at row 1"):
        check.labels(labels, "y", "regression")
    assert check.labels(pd.Series([1, 3, 2], dtype="Int64"), "y", "classification")[1].tolist() == [
        1,
        2,
        3,
    ]
    assert check.label_array(pd.Series([True, False], dtype="boolean"), "y").dtype.kind in "biu"


def test_tensors_with_gradients_and_of_any_type_are_numbers():
    torch = pytest.importorskip("torch")
    x = torch.arange(6.0).reshape(3, 2)
    for given in (x.requires_grad_(), x.to(torch.bfloat16), x.detach().to_sparse(), x.half()):
        np.testing.assert_array_equal(check.features(given, "weak"), np.arange(6.0).reshape(3, 2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2,3\n", "2 cells in its first line and 3 in its second"),
        ("1;2\n3;4\n", "separate cells by commas"),
    ],
)
def test_ragged_and_foreign_tables_are_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        open_features(tmp_path / "a.csv", "weak")


def test_vectors_whose_lengths_only_add_up_are_refused(tmp_path):
    lengths = [8] * 5 + [7, 9]
    frame = pd.DataFrame({"e": [np.arange(float(k)) for k in lengths]})
    frame.to_parquet(tmp_path / "e.parquet")
    with pytest.raises(InputError, match="differ in length"):
        open_features(tmp_path / "e.parquet", "weak").read()
    pd.DataFrame({"e": [None, [1.0]]}).to_parquet(tmp_path / "n.parquet")
    with pytest.raises(InputError, match="lacks 1 of its vectors"):
        open_features(tmp_path / "n.parquet", "weak").read()


def test_mixed_and_missing_columns_of_a_table(tmp_path):
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [True, False], "c": pd.array([1, 2], "Int64")})
    frame.index = [7, 9]
    frame.to_parquet(tmp_path / "t.parquet")
    expected = [[1.5, 1, 1], [2.5, 0, 2]]
    assert open_features(tmp_path / "t.parquet", "weak").read().tolist() == expected
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert open_features(tmp_path / "t.csv", "weak").read().tolist() == expected
    frame.loc[7, "c"] = pd.NA
    frame.to_parquet(tmp_path / "m.parquet")
    with pytest.raises(InputError, match="holds 1 value that is NaN"):
        open_features(tmp_path / "m.parquet", "weak").read()


def test_a_file_under_another_file_s_ending(tmp_path, matrix):
    np.savez(tmp_path / "a.npz", x=matrix)
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"give it the ending .npz"):
        open_features(tmp_path / "a.npy", "weak")
    np.save(tmp_path / "b.npy", matrix)
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    with pytest.raises(InputError, match=r"give it the ending .npy"):
        open_features(tmp_path / "b.npz", "weak")
    np.save(tmp_path / "c.npy", 1.0)
    with pytest.raises(InputError, match="single number"):
        read_array(tmp_path / "c.npy", "y")


def test_errors_while_a_slice_is_read_name_the_argument(tmp_path, matrix):
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(str(tmp_path / "a.zarr"), shape=(97, 5), chunks=(10, 5), dtype="f4")
    array[:] = matrix
    for chunk in (tmp_path / "a.zarr").rglob("c/3/0"):
        chunk.write_bytes(b"broken")
    source = open_features(tmp_path / "a.zarr", "weak")
    for rows, row in ((slice(0, 97), 30), (slice(25, 35), 30), (slice(37, 38), 37)):
        message = rf"weak: .*a\.zarr cannot be read as \.zarr \(at row {row}, counted from 0: "
        with pytest.raises(InputError, match=message):
            source.chunk(rows.start, rows.stop)
    assert np.array_equal(source.chunk(40, 97), matrix[40:])


def test_nested_arrays_and_keys_with_colons(tmp_path, matrix):
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(str(tmp_path / "g.zarr"), mode="w")
    group.create_array("sub/w", data=matrix)
    close(open_features(f"{tmp_path}/g.zarr:sub/w", "weak").read(), matrix, 0)
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file({"a:b": matrix, "c": matrix}, tmp_path / "t.safetensors")
    close(open_features(f"{tmp_path}/t.safetensors:a:b", "weak").read(), matrix, 0)


def test_a_key_of_a_single_zarr_array_is_refused(tmp_path, matrix):
    path = write(tmp_path / "a.zarr", matrix)
    with pytest.raises(InputError, match=r"a\.zarr is a single array; it has none named 'other'"):
        open_features(f"{path}:other", "weak")
    source = open_features(path, "weak", id="uid")
    with pytest.raises(InputError, match="it has none named 'uid'"):
        source.ids.whole()


def test_a_file_of_tensors_that_may_not_be_read_is_one(tmp_path, matrix, monkeypatch):
    path = write(tmp_path / "a.safetensors", matrix)

    def denied(self, *how, **more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError, match=r"a\.safetensors may not be read \(permission denied\)"):
        open_features(path, "weak")


def test_nan_are_counted_over_the_whole_file(tmp_path):
    tall = np.random.default_rng(0).standard_normal((50_000, 2)).astype(np.float32)
    tall[[4, 30_000, 49_999], 1] = np.nan
    np.save(tmp_path / "a.npy", tall)
    with pytest.raises(InputError, match=r"holds 3 values .* row 4, column 1"):
        dimensions(tmp_path / "a.npy", tall[:, :1])


def lines(*parts):
    return "\n".join([*map(str, parts), ""])


CLASSES = ["a", "b"] * 50
NUMBERS = [i + 0.5 for i in range(99)]


@pytest.mark.parametrize("header", [None, True, False])
@pytest.mark.parametrize("rows", [None, 99, 100])
def test_a_word_over_numbers_is_a_name_whatever_the_rows(tmp_path, rows, header):
    path = tmp_path / "y.csv"
    path.write_text(lines("y", *NUMBERS))
    found = read_labels(path, rows=rows, header=header)
    assert found[:, 0].tolist() == NUMBERS


def test_the_name_of_labels_that_lack_a_row_becomes_no_class(tmp_path):
    path = tmp_path / "y.csv"
    path.write_text(lines("kind", *CLASSES[:-1]))  # as many lines as the features have rows
    with pytest.raises(InputError, match=r"begins with kind, .*--header yes or no"):
        read_labels(path, rows=100)
    assert len(read_labels(path)) == 99
    assert len(read_labels(path, rows=100, header=False)) == 100
    path.write_text(lines(*CLASSES))
    for rows in (None, 100, 7):  # a class that recurs is a row
        assert len(read_labels(path, rows=rows)) == 100


def test_a_number_over_classes_that_recur_is_settled_by_rows_or_asked_for(tmp_path):
    path = tmp_path / "y.csv"
    path.write_text(lines(2020, *[0, 1] * 20))
    assert len(read_labels(path, rows=40)) == 40
    for rows in (None, 41):
        with pytest.raises(InputError, match="begins with 2020, which may be a row"):
            read_labels(path, rows=rows)
    path.write_text(lines(12, 7, 3, 3))
    assert len(read_labels(path)) == 4


def test_names_that_are_numbers_are_told_by_their_order(tmp_path):
    path = tmp_path / "x.csv"
    rows = np.random.default_rng(0).integers(0, 9, (5, 9))
    for names in (range(1, 10), range(9)):
        path.write_text(lines(*(",".join(map(str, row)) for row in (names, *rows))))
        assert open_features(path, "weak").rows == 5
    waves = ",".join(str(400.5 + 10 * i) for i in range(9))
    path.write_text(lines(waves, *(",".join(map(str, row)) for row in rows)))
    with pytest.raises(InputError, match=r"begins with 400\.5,410\.5,.* --header yes or no"):
        open_features(path, "weak")
    assert open_features(path, "weak", header=True).rows == 5
    assert open_features(path, "weak", header=False).rows == 6
    path.write_text(lines("0.25,0.5", "1.5,2.5"))  # fractions are rows, whatever is said of others
    assert open_features(path, "weak", header=True).rows == 2


def test_empty_cells_at_the_end_are_a_row_and_blank_lines_are_none(tmp_path):
    path = tmp_path / "x.csv"
    for end in ("", "\n", "\n\n", "\r\n\r\n", "\n  \n\n"):
        path.write_bytes(b"a,b\n1,2\n3,4" + end.encode())
        assert open_features(path, "weak").read().tolist() == [[1, 2], [3, 4]], repr(end)
    path.write_text("a,b\n1,2\n,\n")
    with pytest.raises(InputError, match="the first at row 1, column 0"):
        open_features(path, "weak").read()
    path.write_text("y\n1.5\nNA\n")
    with pytest.raises(InputError, match="the first at row 1"):
        check.labels(read_labels(path), "y", None)


def test_truth_values_and_classes_in_files_are_read_as_they_are_meant(tmp_path):
    path = tmp_path / "y.csv"
    path.write_text("flag\nTrue\nFalse\nTrue\n")
    with pytest.raises(InputError, match="are they classes"):
        check.labels(read_labels(path), "y", None)
    path.write_text("kind\nbenign\nbenign \nbad\n bad\n")
    assert set(read_labels(path)) == {"benign", "bad"}


def test_arrays_and_arrow_columns_of_pandas_are_read(tmp_path):
    pa = pytest.importorskip("pyarrow")
    words, gap = ["b", "a", "b"], ["b", None, "b"]
    large, coded = pd.ArrowDtype(pa.large_string()), pa.array(words).dictionary_encode()
    for given in (
        pd.Categorical(words),
        pd.array(words, dtype="string"),
        pd.Series(words, dtype=large),
        pd.Series(pd.arrays.ArrowExtensionArray(coded)),
        pa.array(words),
    ):
        assert check.labels(given, "y", None)[1].tolist() == ["a", "b"]
    for given in (pd.array(gap, dtype="string"), pd.Categorical(gap), pd.Series(gap, dtype=large)):
        with pytest.raises(InputError, match="lacks 1 label, the first at row 1"):
            check.labels(given, "y", None)
    with pytest.raises(InputError, match="are they classes"):
        check.labels(pd.array([0, 1, 1], dtype="Int64"), "y", None)
    largest = 2**64 - 1
    assert check.numeric(pd.Series([largest, 1], dtype="UInt64"), "y").tolist() == [largest, 1]
    objects = pd.DataFrame({"a": np.array([1.5, 2.5], dtype=object)})
    assert check.features(objects, "weak").tolist() == [[1.5], [2.5]]


@pytest.mark.filterwarnings("ignore:Sparse CSR:UserWarning")
def test_tensors_of_every_layout_are_numbers_or_one_line():
    torch = pytest.importorskip("torch")
    x = torch.arange(6.0).reshape(3, 2)
    numbers = {
        "compressed": x.to_sparse_csr(),
        "eight bits": x.to(torch.float8_e4m3fn),
        "negated lazily": torch._neg_view(-x),
        "rows with gradients": list(x.clone().requires_grad_()),
        "rows of bfloat16": list(x.bfloat16()),
    }
    for name, given in numbers.items():
        found = check.features(given, "weak")
        np.testing.assert_array_equal(found, np.arange(6.0).reshape(3, 2), name)
    with pytest.raises(InputError, match=r"weak: is no array \(Cannot copy out of meta tensor"):
        check.features(x.to("meta"), "weak")
    with pytest.raises(InputError, match="not real"):
        check.features(torch.complex(x, x).conj(), "weak")


def test_an_index_that_was_written_along_is_no_column(tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).standard_normal((20, 3)), columns=list("abc"))
    for ending, separator in ((".csv", ","), (".tsv", "\t")):
        path = tmp_path / f"x{ending}"
        frame.sample(frac=1, random_state=0).sort_index().to_csv(path, sep=separator)
        np.testing.assert_allclose(open_features(path, "weak").read(), frame)
    frame["a"].to_csv(path := tmp_path / "y.csv")
    assert read_labels(path).shape == (20, 1)
    frame["a"].to_csv(path, index=False, header=["7"])  # a single column is what is asked for
    assert read_labels(path).shape == (20, 1)


@pytest.mark.parametrize("header", [None, True])
@pytest.mark.parametrize("names", [range(4), range(1), range(1, 5)])
def test_a_blank_cell_above_an_index_begins_names(tmp_path, names, header):
    path = tmp_path / "x.csv"
    frame = pd.DataFrame(np.random.default_rng(0).standard_normal((5, len(names))), columns=names)
    for values in (frame, (9 * frame).round().astype(int)):
        values.to_csv(path)
        np.testing.assert_allclose(open_features(path, "weak", header=header).read(), values)
        with pytest.raises(InputError, match="NaN or infinite, the first at row 0, column 0"):
            open_features(path, "weak", header=False).read()
    for y in ([0, 1, 1, 0, 2], list("abcba"), list("uvwxy")):
        pd.Series(y).to_csv(path)
        assert read_labels(path, header=header).ravel().tolist() == y
    frame.add_suffix(".25").to_csv(path)
    if header:
        assert open_features(path, "weak", header=True).rows == 5
    else:
        with pytest.raises(InputError, match="NaN or infinite, the first at row 0, column 0"):
            open_features(path, "weak").read()


def test_an_index_in_parquet_is_a_column_where_it_is_named(tmp_path):
    index = pd.Index([70, 90, 80], name="sample")
    frame = pd.DataFrame({"s0": [1.0, 2.0, 3.0], "s1": [4.0, 5.0, 6.0]}, index=index)
    path = tmp_path / "x.parquet"
    frame.to_parquet(path)
    for columns in ("", ":*", ":s*"):
        assert np.array_equal(open_features(f"{path}{columns}", "weak").read(), frame)
    source = open_features(path, "weak", id="sample")
    assert np.array_equal(source.read(), frame)
    assert source.ids.whole().to_pylist() == [70, 90, 80]
    assert open_features(f"{path}:sample,s1", "weak").read()[:, 0].tolist() == [70, 90, 80]
    frame["s1"].to_frame().to_parquet(path)
    assert read_array(path, "y").tolist() == [[4], [5], [6]]
    frame.set_index("s0", append=True).to_parquet(path)
    assert open_features(path, "weak").read().tolist() == [[4], [5], [6]]
    frame.rename_axis(None).to_parquet(path)
    assert np.array_equal(open_features(path, "weak").read(), frame)
    assert open_features(f"{path}:__index_level_0__", "weak").read()[1] == 90


def test_all_columns_of_a_name_are_picked(tmp_path):
    (tmp_path / "x.csv").write_text("a,a,b\n1,2,3\n4,5,6\n")
    assert open_features(f"{tmp_path}/x.csv:a", "weak").read().tolist() == [[1, 2], [4, 5]]


@pytest.mark.parametrize("ending", [".npy", ".parquet", ".safetensors"])
def test_a_folder_of_parts_is_one_matrix(tmp_path, ending):
    matrix = np.random.default_rng(0).standard_normal((1300, 4)).astype(np.float32)
    for i, part in enumerate(np.split(matrix, 13)):  # part 2 comes before part 10
        path = tmp_path / f"part-{i}{ending}"
        if ending == ".npy":
            np.save(path, part)
        elif ending == ".parquet":
            pd.DataFrame(part).add_prefix("w").to_parquet(path)
        else:
            pytest.importorskip("safetensors.numpy").save_file({"w": part}, path)
    source = open_features(tmp_path, "weak")
    assert (source.rows, source.coordinates) == (1300, 4)
    assert np.array_equal(source.read(), matrix)
    assert np.array_equal(source.chunk(95, 405), matrix[95:405])
    assert np.array_equal(source.take(np.array([3, 99, 100, 777])), matrix[[3, 99, 100, 777]])


def test_parts_that_do_not_fit_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((5, 3)))
    np.save(tmp_path / "b.npy", np.ones((5, 4)))
    with pytest.raises(InputError, match=r"b.npy has shape \(5, 4\); a.npy .* has \(5, 3\)"):
        open_features(tmp_path, "weak")
    (tmp_path / "b.npy").unlink()
    np.save(tmp_path / "c.npy", np.ones((5, 3)))
    source = open_features(tmp_path, "weak")
    (tmp_path / "c.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(InputError, match=r"c\.npy cannot be read"):
        open_features(tmp_path, "weak")
    assert source.rows == 10
    pd.DataFrame({"a": [1.0]}).to_parquet(tmp_path / "d.parquet")
    with pytest.raises(InputError, match="is a folder; a file is needed, or a folder of parts"):
        open_features(tmp_path, "weak")


def test_columns_of_parts_are_those_of_the_first_by_name(tmp_path):
    matrix = np.random.default_rng(0).standard_normal((40, 4))
    frame = pd.DataFrame(matrix, columns=["w0", "w1", "w2", "kind"])
    frame[:20].to_parquet(tmp_path / "0.parquet")
    frame[20:][["w2", "kind", "w0", "w1"]].to_parquet(tmp_path / "1.parquet")
    assert np.array_equal(open_features(tmp_path, "weak").read(), matrix)
    assert np.array_equal(open_features(f"{tmp_path}:w*", "weak").read(), matrix[:, :3])
    assert np.array_equal(open_features(f"{tmp_path}:w1,w0", "weak").read(), matrix[:, [1, 0]])
    frame[20:].rename(columns={"w2": "w9"}).to_parquet(tmp_path / "1.parquet")
    for columns in ("", ":w*"):
        with pytest.raises(InputError, match=r"1\.parquet has other columns than 0\.parquet"):
            open_features(f"{tmp_path}{columns}", "weak")
    frame[20:].assign(w9=1.0).to_parquet(tmp_path / "1.parquet")
    assert np.array_equal(open_features(f"{tmp_path}:w0,w2", "weak").read(), matrix[:, [0, 2]])
    with pytest.raises(InputError, match="such as 'w9'"):
        open_features(f"{tmp_path}:w*", "weak")


def test_hidden_files_are_no_parts(tmp_path):
    np.save(tmp_path / "part-0.npy", np.ones((5, 3)))
    np.save(tmp_path / ".part-001.4711.npy", np.zeros((5, 3)))  # left by what was killed
    (tmp_path / "._part-0.npy").write_bytes(b"Mac OS X")
    (tmp_path / ".part-0.parquet").write_bytes(b"")
    assert open_features(tmp_path, "weak").rows == 5
    ids = pd.DataFrame({"uid": range(5), "x": 1.0})
    (tmp_path / "s").mkdir()
    ids.to_parquet(tmp_path / "s" / "0.parquet")
    ids.to_parquet(tmp_path / "s" / ".1.parquet")
    assert len(open_features(tmp_path / "s", "strong", id="uid").ids.whole()) == 5


@pytest.mark.parametrize("empty", ["typed", "of no type", "without groups"])
def test_parts_without_rows_are_passed_over(tmp_path, matrix, empty):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"uid": np.arange(97), "e": list(matrix)})
    for name, rows in (("1", slice(0, 50)), ("3", slice(50, 97))):
        pq.write_table(
            table.slice(rows.start, rows.stop - rows.start), tmp_path / f"{name}.parquet"
        )
    for name in ("0", "2", "4"):
        if empty == "of no type":
            pd.DataFrame({"uid": [], "e": []}, dtype=object).to_parquet(
                tmp_path / f"{name}.parquet"
            )
            continue
        with pq.ParquetWriter(tmp_path / f"{name}.parquet", table.schema) as file:
            if empty == "typed":
                file.write_table(table.slice(0, 0))
    source = open_features(tmp_path, "weak", id="uid")
    assert np.array_equal(source.read(), matrix)
    assert source.ids.whole().to_pylist() == list(range(97))
    (tmp_path / "1.parquet").unlink()
    (tmp_path / "3.parquet").unlink()
    for path in (tmp_path, tmp_path / "0.parquet"):
        with pytest.raises(InputError, match=r"weak: is empty \(shape \(0, 1\)\)"):
            open_features(path, "weak", id="uid")


def test_a_part_that_vanishes_is_named(tmp_path):
    for name in "ab":
        pd.DataFrame(np.ones((50, 3))).add_prefix("w").to_parquet(tmp_path / f"{name}.parquet")
    source = open_features(tmp_path, "weak")
    content = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(content[:100] + bytes(len(content) - 100))
    with pytest.raises(InputError, match=r"b\.parquet cannot be read"):
        source.chunk(0, 100)


def test_bfloat16_tensors_are_read_as_float32(tmp_path):
    torch = pytest.importorskip("torch")
    save = pytest.importorskip("safetensors.torch").save_file
    matrix = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    save({"w": matrix, "other": torch.zeros(7)}, tmp_path / "w.safetensors")
    source = open_features(f"{tmp_path}/w.safetensors:w", "weak")
    assert source.read().dtype == np.float32
    assert np.array_equal(source.read(), matrix.float().numpy())
    assert np.array_equal(source.chunk(7, 9), matrix[7:9].float().numpy())


def test_zarr_behind_a_url_is_read():
    zarr, fsspec = pytest.importorskip("zarr"), pytest.importorskip("fsspec")
    matrix = np.random.default_rng(0).standard_normal((40, 3))
    url = "memory://bucket/w.zarr"
    array = zarr.create_array(url, shape=matrix.shape, chunks=(10, 3), dtype="f8")
    array[:] = matrix
    assert fsspec.filesystem("memory").exists("bucket/w.zarr")
    assert np.array_equal(open_features(url, "weak").read(), matrix)
    with pytest.raises(InputError, match=r"is a URL; those of \.zarr are read"):
        open_features("https://example.org/w.npy", "weak")
    with pytest.raises(InputError, match=r"weak: memory://bucket/none\.zarr cannot be read"):
        open_features("memory://bucket/none.zarr", "weak")
    with pytest.raises(InputError, match=r"weak: none://a/w\.zarr cannot .* known: none"):
        open_features("none://a/w.zarr", "weak")


def test_packages_that_a_url_needs_are_named(monkeypatch):
    fsspec = pytest.importorskip("fsspec")
    pytest.importorskip("zarr")
    fsspec.register_implementation("lacking", "lacked.files.Files", clobber=True, errtxt="Install")
    url = "lacking://bucket/w.zarr"
    message = f"reading {url} needs the package 'lacked'; install it with `pip install lacked`"
    with pytest.raises(MissingExtraError, match=message):
        open_features(url, "weak")
    for name in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"reading {url} needs the package 'fsspec'"):
        open_features(url, "weak")
