"""Rows joined by ids: whatever the order and the kind of files, the result is that of one order."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.test_saved_datasets import write_arrow
from w2slens import (
    InputError,
    cli,
    dimensions,
    forecast,
    load_results,
    rank_teachers,
    sweep,
    train,
    transfer,
)
from w2slens.features import ids as ids_of_rows
from w2slens.features import ondisk, order
from w2slens.features.aligned import aligned, order_of
from w2slens.features.reading import open_features

ROWS, N = 300, 60
GRID = {"n": 40, "N": 120, "trials": 2, "seed": 3}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, 12))
    return SimpleNamespace(
        weak=x[:, :6].astype(np.float32),
        strong=x[:, 3:],
        y=x[:, 4] + 0.5 * rng.standard_normal(ROWS),
        numbers=rng.permutation(10 * ROWS)[:ROWS] - 7,
        turned=rng.permutation(ROWS),
        again=rng.permutation(ROWS),
    )


def written(folder, name, kind, rows, ids):
    """Write rows with their ids as a kind of file; return the path and what `id` says of it."""
    path, rows = folder / f"{name}.{kind}", np.asarray(rows)
    frame = pd.DataFrame(rows.reshape(len(rows), -1)).add_prefix("x")
    frame.insert(1, "uid", ids)
    match kind:
        case "csv" | "tsv":
            frame.to_csv(path, index=False, sep="," if kind == "csv" else "\t")
        case "parquet":
            frame.to_parquet(path, row_group_size=70)
        case "parts":
            path.mkdir()
            for i, part in enumerate(np.array_split(np.arange(len(rows)), 4)):
                frame.iloc[part].to_parquet(path / f"{i}.parquet")
        case "saved":
            table = pa.table({"uid": list(ids), "v": rows.reshape(len(rows), -1).tolist()})
            write_arrow(path, [table.slice(0, 100), table.slice(100)])
        case _:
            return str(path), write_arrays(path, rows, np.asarray(ids))
    return str(path), "uid"


def write_arrays(path, rows, ids):
    """Write rows with ids beside them."""
    match path.suffix:
        case ".npz":
            np.savez(path, uid=ids, rows=rows)
        case ".npy":
            np.save(path, rows)
            np.save(path.with_suffix(".ids.npy"), ids)
            return str(path.with_suffix(".ids.npy"))
        case ".zarr":
            group = pytest.importorskip("zarr").open_group(str(path), mode="w")
            group.create_array("rows", data=rows)
            group.create_array("uid", data=ids)
        case ".safetensors":
            pytest.importorskip("safetensors.numpy").save_file({"rows": rows, "uid": ids}, path)
        case ".store":
            path.mkdir()
            np.save(path / "features.npy", rows)
            (path / "manifest.json").write_text("{}")
            (path / "rows.txt").write_text("".join(f"{one}\n" for one in ids))
    return "uid"


pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")

TEXT = ["csv", "tsv", "parquet", "npz", "npy", "parts", "saved", "store"]


@pytest.mark.parametrize("kind", [*TEXT, "zarr", "safetensors"])
@pytest.mark.parametrize("text", [False, True], ids=["numbers", "text"])
def test_any_two_files_are_joined(data, tmp_path, kind, text):
    if text and kind not in TEXT:
        pytest.skip("such files hold numbers")
    ids = [f"no {i}" for i in data.numbers] if text else data.numbers.tolist()
    ids = np.array(ids)
    weak, told = written(tmp_path, "w", kind, data.weak[data.turned], ids[data.turned])
    other = "parquet" if kind == "csv" else "csv"
    strong, _ = written(tmp_path, "s", other, data.strong[data.again], ids[data.again])
    given = {"weak": told, "strong": "uid"}
    sources = [
        open_features(rows, name, id=given) for name, rows in (("weak", weak), ("strong", strong))
    ]
    left, right = (source.read() for source in aligned(sources))
    assert np.allclose(left, data.weak[data.turned], rtol=1e-6, atol=0)
    assert np.allclose(right, data.strong[data.turned], rtol=1e-15, atol=0)
    found = dimensions(weak, strong, id=given)
    same = dimensions(left, right)
    assert found.to_dict() == same.to_dict()


def test_numbers_are_equal_to_their_digits_and_text_to_the_letter(tmp_path):
    rows = np.random.default_rng(0).standard_normal((4, 2))
    (tmp_path / "a.csv").write_text("uid,x\n7,1.5\n-3,2.5\nNA,3.5\n12,4.5\n")
    ids = pd.DataFrame(rows).add_prefix("x").assign(uid=["12", "7", "-3", "NA"])
    a = open_features(tmp_path / "a.csv", "weak", id="uid")
    left, right = aligned([a, open_features(ids, "strong", id="uid")])
    assert left.read().ravel().tolist() == [1.5, 2.5, 3.5, 4.5]
    assert np.array_equal(right.read(), rows[[1, 2, 3, 0]])
    padded = open_features(ids.assign(uid=["12", "007", "-3", "NA"]), "strong", id="uid")
    with pytest.raises(InputError, match=r"strong: lacks the id '7' of weak \(row 0"):
        aligned([a, padded])


def file_ids(path, **more):
    """Read the ids of four rows that a file beside them holds."""
    ids = open_features(np.eye(4), "weak", id={"weak": str(path)}, **more).ids
    return [str(one) for one in ids.whole().to_pylist()]


def test_a_file_of_several_columns_says_which_are_ids(tmp_path):
    frame = pd.DataFrame({"row": range(4), "uid": list("badc")})
    frame.to_csv(tmp_path / "i.csv", index=False)
    frame.to_parquet(tmp_path / "i.parquet")
    for name in ("i.csv", "i.parquet"):
        message = (
            rf"weak: {name} holds 2 columns; name the one of ids as {name}:COLUMN \(row, uid\)"
        )
        with pytest.raises(InputError, match=message):
            file_ids(tmp_path / name)
        assert file_ids(f"{tmp_path / name}:uid") == list("badc")
    indexed = frame.set_index(pd.Index([4, 5, 6, 9]))["uid"]
    indexed.to_csv(tmp_path / "i.csv")
    indexed.to_frame().to_parquet(tmp_path / "i.parquet")
    for name in ("i.csv", "i.parquet"):
        assert file_ids(tmp_path / name) == list("badc")
    indexed.to_csv(tmp_path / "i.csv", header=False)
    with pytest.raises(InputError, match=r"\(4, b\)"):
        file_ids(tmp_path / "i.csv")


@pytest.mark.parametrize("header", [None, True, False])
@pytest.mark.parametrize("ids", [list("badc"), [7, 9, 1, 0], [0, 1, 2, -3], [7, "a", "b", "c"]])
def test_as_many_lines_as_rows_are_ids_all(tmp_path, header, ids):
    words = [str(one) for one in ids]
    pd.Series(ids).to_csv(tmp_path / "i.csv", index=False, header=False)
    assert file_ids(tmp_path / "i.csv", header=header) == words
    for name in ("uid", "0"):
        pd.Series(ids, name=name).to_csv(tmp_path / "i.csv", index=False)
        if header is not False:
            assert file_ids(tmp_path / "i.csv", header=header) == words
        elif not name.isalpha() or "a" in words:  # a word over numbers is none of them
            with pytest.raises(InputError, match="has 4 rows, and 5 ids of them"):
                file_ids(tmp_path / "i.csv", header=header)


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz", "npy", "parts", "zarr", "safetensors"])
def test_hashes_of_64_bits_are_ids(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(ids_of_rows, "STEP", 2)  # some blocks hold large numbers, others none
    x = np.random.default_rng(0).standard_normal((6, 2))
    ids = np.array([3, 7, 2**63, 2**64 - 1, 2**63 - 1, 0], np.uint64)
    path, told = written(tmp_path, "w", kind, x[::-1].copy(), ids[::-1].copy())
    weak = open_features(path, "weak", id={"weak": told})
    frame = pd.DataFrame(x).add_prefix("x").assign(uid=ids)
    objects = frame.astype({"uid": object})
    for strong in (frame, frame.astype({"uid": "UInt64"}), frame.astype({"uid": str}), objects):
        found = aligned([weak, open_features(strong, "strong", id="uid")])[1]
        assert np.array_equal(found.read(), x[::-1])
    for listed in (ids, ids.tolist(), [str(one) for one in ids], list(ids)):
        strong = open_features(x, "strong", id={"strong": listed})
        assert np.array_equal(aligned([weak, strong])[1].read(), x[::-1])
    negative = [-1, *ids.tolist()[1:]]
    with pytest.raises(InputError, match="strong: lacks the id '3' of weak"):
        aligned([weak, open_features(x, "strong", id={"strong": negative})])


def frames(data):
    """Return the three inputs as tables, each in another order."""
    weak = pd.DataFrame(data.weak).add_prefix("w").assign(uid=data.numbers)
    strong = pd.DataFrame(data.strong).add_prefix("s").assign(uid=data.numbers)
    labels = pd.DataFrame({"uid": data.numbers, "y": data.y})
    return weak, strong.iloc[data.turned], labels.iloc[data.again]


def test_runs_on_tables_in_any_order_are_those_in_one(data, tmp_path):
    weak, strong, labels = frames(data)
    groups = pd.DataFrame({"uid": data.numbers, "g": data.numbers % 40}).sample(
        frac=1, random_state=0
    )
    target = pd.Series(data.y + 1, index=pd.Index(data.numbers, name="uid")).iloc[data.again]
    more = {"target": target, "groups": groups}
    found = transfer(weak, strong, labels, id="uid", **more, **GRID)
    same = transfer(
        data.weak, data.strong, data.y, target=data.y + 1, groups=data.numbers % 40, **GRID
    )
    assert found.table.equals(same.table)
    two = {"a": weak, "b": weak.sample(frac=1, random_state=1)}
    found = sweep(two, strong, labels, id="uid", jobs=1, **GRID)
    same = sweep({"a": data.weak, "b": data.weak}, data.strong, data.y, jobs=1, **GRID)
    assert found.table.equals(same.table)


def test_ids_of_arrays_are_given_beside_them(data):
    given = {
        "weak": data.numbers,
        "strong": data.numbers[data.turned].astype(str),
        "labels": pd.Series(data.numbers[data.again]),
    }
    found = transfer(data.weak, data.strong[data.turned], data.y[data.again], id=given, **GRID)
    assert found.table.equals(transfer(data.weak, data.strong, data.y, **GRID).table)


def labeled_first(data):
    """Return rows with those of the first `N` labels in front, and these labels."""
    first = data.again[:N]
    rest = np.setdiff1d(np.arange(ROWS), first)
    placed = np.concatenate([first, rest])
    return placed, data.weak[placed], data.strong[placed], data.y[first]


def test_labeled_rows_are_found_wherever_they_are(data):
    weak, strong, labels = frames(data)
    _, left, right, y = labeled_first(data)
    few = labels.iloc[:N]
    ridges = {"ridge_weak": 0.1, "ridge_strong": 0.1}
    found = forecast(weak, strong, few, id="uid", **ridges)
    assert found.to_dict() == forecast(left, right, y, **ridges).to_dict()
    teachers = {"a": weak, "b": weak.sample(frac=1, random_state=1).drop(columns="w0")}
    ranked = rank_teachers(teachers, strong.sort_index(), few, id="uid", **ridges)
    same = rank_teachers({"a": left, "b": left[:, 1:]}, right, y, **ridges)
    assert ranked.to_dict() == same.to_dict()


def test_students_learn_from_joined_rows_and_name_rows_of_their_file(data):
    weak, strong, labels = frames(data)
    strong = strong.sort_index()
    placed, left, right, y = labeled_first(data)
    told = {"student": "posterior", "buy": 3}
    found = train(weak, strong, labels.iloc[:N], id="uid", **told)
    same = train(left, right, y, **told)
    assert np.array_equal(found.probe.coef, same.probe.coef)
    assert np.array_equal(found.pseudo_labels, same.pseudo_labels)
    assert found.buy == tuple(placed[list(same.buy)].tolist())
    with pytest.raises(InputError, match="id: joins no scores"):
        train(weak, strong, labels.iloc[:N], id="uid", scores={"api": data.y})


def test_ids_in_one_order_gather_nothing(data):
    weak = data.weak.copy()
    ids = [f"row {i}" for i in range(ROWS)]
    sources = [
        open_features(rows, name, id={name: ids})
        for name, rows in (("weak", weak), ("strong", data.strong))
    ]
    kept = ondisk.taken(
        dict(zip(("weak", "strong"), sources, strict=True)), "no", order_of(sources)
    )
    assert np.shares_memory(kept["weak"], weak)
    assert np.shares_memory(kept["strong"], data.strong)


def table(**columns):
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([3, 1, 9, 2], r"strong: lacks the id 5 of weak \(row 2, counted from 0\)"),
        ([3, 1, 1, 2], r"strong: has the id 1 twice, at rows 1 and 2"),
        ([3, None, 5, 2], r"strong: has no id at row 1 \(counted from 0\)"),
        (["3", "1", "", "2"], r"strong: has no id at row 2"),
        ([3, 1, 5, 2, 8], r"weak: lacks the id 8 of strong \(row 4"),
        ([3, 1, 5], r"strong: lacks the id 2 of weak \(row 3"),
        ([3.5, 1.0, 5.0, 2.0], "id: of strong is of type double; ids are whole numbers or text"),
        ([True, False, True, False], "id: of strong is of type bool"),
    ],
)
def test_ids_that_do_not_join_are_named(ids, message):
    weak = table(x=np.arange(4.0), uid=[3, 1, 5, 2])
    strong = table(x=np.arange(float(len(ids))), uid=pd.Series(ids, dtype=object))
    with pytest.raises(InputError, match=message):
        dimensions(weak, strong, id="uid")


def test_what_has_no_ids_is_named(data, tmp_path):
    weak, strong, labels = frames(data)
    with pytest.raises(InputError, match=r"strong has no columns; give id=\{'strong': its ids\}"):
        dimensions(weak, data.strong, id="uid")
    with pytest.raises(InputError, match="strong: has no column 'uid', which is to hold its ids"):
        dimensions(weak, strong.drop(columns="uid"), id="uid")
    with pytest.raises(InputError, match="id: names none for y"):
        transfer(weak, strong, labels, id={"weak": "uid", "strong": "uid"}, **GRID)
    with pytest.raises(InputError, match="id: is given of 'wek'; one of weak, strong"):
        dimensions(weak, strong, id={"wek": "uid", "strong": "uid"})
    with pytest.raises(InputError, match=r"weak: has 300 rows, and 7 ids of them"):
        dimensions(data.weak, strong, id={"weak": range(7), "strong": "uid"})
    np.save(tmp_path / "w.npy", data.weak)
    with pytest.raises(InputError, match=r"w\.npy has no columns; name a file of its ids: weak="):
        dimensions(tmp_path / "w.npy", strong, id="uid")
    written(tmp_path, "s", "parquet", data.strong, data.numbers)
    with pytest.raises(InputError, match=r"strong: s\.parquet has no column 'other' of ids"):
        dimensions(weak.assign(other=weak.uid), tmp_path / "s.parquet", id="other")


def test_streamed_files_must_be_in_one_order(data, tmp_path, monkeypatch):
    monkeypatch.setattr(ids_of_rows, "STEP", 64)
    ids = np.array([f"no {i}" for i in data.numbers])
    weak, _ = written(tmp_path, "w", "parts", data.weak, ids)
    strong, _ = written(tmp_path, "s", "parquet", data.strong, ids)
    labels, _ = written(tmp_path, "y", "csv", data.y[data.again], ids[data.again])
    found = transfer(weak, strong, labels, id="uid", stream="yes", **GRID)
    assert found.table.equals(transfer(data.weak, data.strong, data.y, stream="yes", **GRID).table)
    swapped = np.r_[:200, 201, 200, 202:ROWS]
    other, _ = written(tmp_path, "o", "parquet", data.strong[swapped], ids[swapped])
    message = rf"strong: has the id '{ids[201]}' at row 200 .* where weak has '{ids[200]}'"
    with pytest.raises(InputError, match=message):
        transfer(weak, other, labels, id="uid", stream="yes", **GRID)
    assert transfer(weak, other, labels, id="uid", **GRID).table is not None
    monkeypatch.setattr(ondisk, "LARGE", 0.0)
    with pytest.raises(InputError, match=message):
        dimensions(weak, other, id="uid")
    shorter, _ = written(tmp_path, "short", "parquet", data.strong[:250], ids[:250])
    with pytest.raises(InputError, match="strong: ends at row 250; weak goes on"):
        dimensions(weak, shorter, id="uid")


def test_labels_of_streamed_features_are_of_their_first_rows(data, tmp_path):
    ids = data.numbers
    weak, _ = written(tmp_path, "w", "parquet", data.weak, ids)
    strong, _ = written(tmp_path, "s", "parquet", data.strong, ids)
    labels, _ = written(tmp_path, "y", "parquet", data.y[:N], ids[:N])
    told = {"ridge_weak": 0.1, "ridge_strong": 0.1, "stream": "yes"}
    found = forecast(weak, strong, labels, id="uid", **told)
    same = forecast(f"{weak}:x*", f"{strong}:x*", f"{labels}:x0", **told)
    assert found.to_dict() == same.to_dict()
    late, _ = written(tmp_path, "late", "csv", data.y[1 : N + 1], ids[1 : N + 1])
    message = f"y: has the id '{ids[1]}' at row 0 .* weak has '{ids[0]}'; .* begin with the labeled"
    with pytest.raises(InputError, match=message):
        forecast(weak, strong, late, id="uid", **told)
    other = np.r_[:N, N + 1, N, N + 2 : ROWS]
    strong, _ = written(tmp_path, "o", "parquet", data.strong[other], ids[other])
    with pytest.raises(InputError, match=rf"strong: has the id .* at row {N} .*: sort the files"):
        forecast(weak, strong, labels, id="uid", **told)


def run(arguments, capsys):
    code = cli.invoke([str(one) for one in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_every_command_joins_by_ids(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = data.numbers
    weak, told = written(tmp_path, "w", "npy", data.weak[data.turned], ids[data.turned])
    strong, _ = written(tmp_path, "s", "parquet", data.strong[data.again], ids[data.again])
    labels, _ = written(tmp_path, "y", "csv", data.y, ids)
    few, _ = written(tmp_path, "few", "csv", data.y[:N], ids[:N])
    np.save("w1.npy", data.weak[data.turned])
    np.save("s1.npy", data.strong[data.turned])
    np.save("y1.npy", data.y[data.turned])
    for name, rows in (("w2", data.weak), ("s2", data.strong)):
        rest = [i for i in data.turned if i >= N]
        np.save(f"{name}.npy", rows[[*range(N), *rest]])
    np.save("y2.npy", data.y[:N])
    by_id = ["--id", "uid", "--id", f"weak={told}"]
    pair, plain = ["--weak", weak, "--strong", strong], ["--weak", "w1.npy", "--strong", "s1.npy"]
    front = ["--weak", "w2.npy", "--strong", "s2.npy"]
    grid = ["--n", "40", "--N", "120", "--trials", "2", "--json"]
    ridges = ["--ridge-weak", "0.1", "--ridge-strong", "0.1", "--json"]
    sizes = ["--n", "40", "--N", "100", "--json"]
    cases = [
        (["dims", *pair, *by_id, "--json"], ["dims", *plain, "--json"]),
        (
            ["run", *pair, "--labels", labels, *by_id, *grid],
            ["run", *plain, "--labels", "y1.npy", *grid],
        ),
        (
            ["forecast", *pair, "--labels", few, *by_id, *ridges],
            ["forecast", *front, "--labels", "y2.npy", *ridges],
        ),
        (
            ["predict", *pair, "--labels", labels, *by_id, *sizes],
            ["predict", *plain, "--labels", "y1.npy", *sizes],
        ),
        (
            ["predict", *pair, "--labels", few, *by_id, *sizes],
            ["predict", *front, "--labels", "y2.npy", *sizes],
        ),
    ]
    for joined, sorted_ in cases:
        (code, out, err), (_, same, _) = run(joined, capsys), run(sorted_, capsys)
        assert code == 0, err
        found, expected = json.loads(out), json.loads(same)
        for document in (found, expected):
            document.pop("command", None)
            document.get("config", {}).pop("command", None)
        assert found == expected
    code, out, err = run(
        ["rank", "--weak", f"a={weak}", "--strong", strong, "--labels", few, *by_id, *ridges],
        capsys,
    )
    assert code == 0, err
    assert json.loads(out)["n"] == N


def test_a_run_by_ids_is_replayed_by_its_command(data, tmp_path, capsys):
    ids = data.numbers
    weak, told = written(tmp_path, "w", "npy", data.weak[data.turned], ids[data.turned])
    strong, _ = written(tmp_path, "s", "csv", data.strong, ids)
    labels, _ = written(tmp_path, "y", "csv", data.y, ids)
    base = ["run", "--weak", weak, "--strong", strong, "--labels", labels]
    grid = ["--n", "40", "--N", "120", "--trials", "2", "--json"]
    _, out, _ = run([*base, "--id", "uid", "--id", f"weak={told}", *grid], capsys)
    found = json.loads(out)
    _, again, _ = run([*found["command"].split()[1:], "--json"], capsys)
    assert json.loads(again) == found


def test_recipes_name_ids(data, tmp_path, capsys):
    ids = data.numbers
    written(tmp_path, "w", "npy", data.weak[data.turned], ids[data.turned])
    written(tmp_path, "s", "csv", data.strong[data.again], ids[data.again])
    written(tmp_path, "y", "csv", data.y[data.turned], ids[data.turned])
    text = "n: 40\nN: 120\ntrials: 2\nseed: 3\nweak: w.npy\nstrong: s.csv\nlabels: y.csv\n"
    told = "id: {weak: w.ids.npy, strong: uid, labels: uid}\n"
    (tmp_path / "r.yaml").write_text(text + told)
    code, _, err = run(["sweep", tmp_path / "r.yaml", "--out", tmp_path / "o"], capsys)
    assert code == 0, err
    same = transfer(data.weak[data.turned], data.strong[data.turned], data.y[data.turned], **GRID)
    made = load_results(tmp_path / "o").table[["weak", "w2s", "strong"]]
    assert np.allclose(made, same.table[["weak", "w2s", "strong"]], rtol=1e-9, atol=0)
    (tmp_path / "r.yaml").write_text(text + "id: 3\n")
    code, _, err = run(["sweep", tmp_path / "r.yaml", "--out", tmp_path / "p"], capsys)
    assert (code, "r.yaml: id: is 3; a column" in err) == (2, True), err


def test_new_rows_are_joined_to_be_scored(data, tmp_path, capsys):
    student = train(data.weak, data.strong, data.y[:N], student="both")
    student.save(tmp_path / "model")
    weak, _ = written(tmp_path, "w", "csv", data.weak[data.turned], data.numbers[data.turned])
    strong, _ = written(tmp_path, "s", "parquet", data.strong, data.numbers)
    out = tmp_path / "o.npy"
    code, _, err = run(
        ["apply", tmp_path / "model", strong, "--weak", weak, "--id", "uid", "--out", out], capsys
    )
    assert code == 0, err
    assert np.allclose(np.load(out), student.predict(data.strong, weak=data.weak), atol=1e-12)


def test_columns_of_ids_are_no_features(data, tmp_path):
    path, _ = written(tmp_path, "w", "csv", data.weak, data.numbers)
    assert open_features(path, "weak", id="uid").coordinates == data.weak.shape[1]
    assert open_features(f"{path}:*", "weak", id="uid").coordinates == data.weak.shape[1]
    assert open_features(f"{path}:uid,x0", "weak", id="uid").coordinates == 2


def test_joining_is_what_a_slow_oracle_does():
    rng = np.random.default_rng(1)
    for trial in range(20):
        ids = rng.permutation(1000)[:50] - 500
        theirs = ids[rng.permutation(50)]
        first = ids[rng.permutation(50)[: trial % 5]]
        labels = of("y", first) if trial % 5 else None
        places = order.Order(of("weak", ids), labels).places(of("strong", theirs.astype(str)))
        rest = [one for one in ids.tolist() if one not in first.tolist()]
        assert theirs[places].tolist() == [*first.tolist(), *rest]


def of(argument, ids):
    return ids_of_rows.ids_of(None, argument, {argument: ids}, len(ids))


def test_lists_of_ids_may_mix_numbers_and_text():
    """A number is equal to its digits, also in a list beside words or of scalars of numpy."""
    rows = np.random.default_rng(0).standard_normal((60, 3))
    mixed = [0, "a1", *range(2, 60)]
    for ids in (mixed, [np.array(i) for i in range(60)], [2**63 + i for i in range(60)]):
        told = {"weak": ids, "strong": ids[::-1]}
        found = dimensions(rows, rows[::-1], id=told)
        assert found.d_sw == pytest.approx(3, abs=1e-6)
