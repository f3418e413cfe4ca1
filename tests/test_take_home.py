"""`train`, `apply`, and the folder of a student."""

import json
import logging
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import w2slens
from tests.laws import close
from w2slens import InputError, load_student, train
from w2slens.cli import group
from w2slens.forecasting.students import _combined
from w2slens.models.buying import worth_labeling
from w2slens.models.calibration import temperature
from w2slens.models.labeled import LabeledBlock
from w2slens.models.students import STUDENTS, Pool
from w2slens.moments import Moments


def drawn(rows=700, n=60, seed=0):
    """Planted rows: the sides share five directions, along which f* lies."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((rows, 5))
    weak = np.hstack([shared, rng.standard_normal((rows, 8))]) * 3 + 1
    strong = np.hstack([shared, rng.standard_normal((rows, 12))]) - 2
    f = 10 * (shared @ np.ones(5)) / 5**0.5 + 100
    return weak, strong, f, f[:n] + 10 * rng.standard_normal(n)


@pytest.mark.parametrize("name", STUDENTS)
def test_what_is_trained_is_the_student_of_that_name(name):
    weak, strong, _, y = drawn()
    found = train(weak, strong, y, student=name, ridge_strong=0.05)
    pool = Pool(Moments.from_rows(weak=weak[60:], strong=strong[60:]))
    block = LabeledBlock.from_rows(weak[:60], strong[:60], y[:, None])
    student = STUDENTS[name].learn(pool, block, found.facts["ridges"]["weak"], 0.05)
    given = {"both": (strong, weak), "teacher": (weak, None)}.get(name, (strong, None))
    rows = {"both": np.hstack([weak, strong]), "teacher": weak}.get(name, strong)
    close(found.predict(given[0], weak=given[1]), student.probe.predict(rows), 1e-9)
    assert (found.pseudo_labels is None) == (name in ("labels", "teacher"))
    assert found.uncertainty.shape == (640,)
    low, high = found.interval
    assert 0 < low < found.risk < high


def test_risks_are_in_squared_units_of_the_labels():
    weak, strong, _, y = drawn()
    one, scaled = train(weak, strong, y), train(weak, strong, 50 * y)
    close(scaled.risk, 2500 * one.risk, 1e-9)
    close(scaled.uncertainty, 50 * one.uncertainty, 1e-7)
    close(scaled.predict(strong), 50 * one.predict(strong), 1e-7)


def test_the_forecast_covers_what_the_student_errs_by():
    """Ninety of a hundred; over 30 planted draws at least 23 (p < .01 if it were 90%)."""
    inside = 0
    for seed in range(30):
        weak, strong, f, y = drawn(rows=1500, seed=seed)
        found = train(weak[:760], strong[:760], y)
        risk = np.mean((found.predict(strong[760:])[:, 0] - f[760:]) ** 2) + 100
        inside += found.interval[0] < risk < found.interval[1]
    assert inside >= 23


def test_pseudo_labels_are_the_posterior_mean_and_their_uncertainty_covers_it():
    weak, strong, f, y = drawn(rows=3000, n=100)
    found = train(weak, strong, y)
    missed = found.pseudo_labels[:, 0] - f[100:]
    assert 0.5 < np.mean(missed**2) / np.mean(found.uncertainty**2) < 2


def test_a_student_is_read_back_as_it_was(tmp_path):
    pytest.importorskip("safetensors")
    weak, strong, _, y = drawn()
    found = train(weak, strong, np.where(y > 100, "good", "bad"))
    again = load_student(found.save(tmp_path / "model", torch=True))
    assert again.classes.tolist() == ["bad", "good"]
    assert again.to_dict() == found.to_dict()
    assert again.statement == found.statement
    assert (again.predict(strong) == found.predict(strong)).all()
    assert (again.pseudo_labels == found.pseudo_labels).all()
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    assert "bad, good" in card
    assert "torch.nn.Linear(17, 2)" in card
    with pytest.raises(InputError, match="already holds a result"):
        found.save(tmp_path / "model")
    found.save(tmp_path / "model", overwrite=True)
    assert not (tmp_path / "model" / "head.safetensors").exists()


def test_the_head_drops_onto_a_network(tmp_path):
    torch = pytest.importorskip("torch")
    numpy = pytest.importorskip("safetensors.numpy")
    weak, strong, _, y = drawn()
    found = train(weak, strong, y)
    layer = torch.nn.Linear(17, 1)
    layer.load_state_dict(found.state_dict())
    scores = layer(torch.tensor(strong, dtype=torch.float32)).detach().numpy()
    close(scores, found.predict(strong), 1e-5)
    found.save(tmp_path / "model", torch=True)
    kept = numpy.load_file(tmp_path / "model" / "head.safetensors")
    assert (kept["weight"] == found.head()["weight"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"student": "best"}, "student: is 'best'; one of auto"),
        ({"y": [1.0, 2.0]}, "y: has 2 rows; at least 3 labels"),
        ({"weak": np.ones((65, 3))}, "weak"),
        ({"weak": None}, "weak: features are missing"),
    ],
)
def test_bad_training_is_refused(change, message):
    weak, strong, _, y = drawn()
    with pytest.raises(InputError, match=message):
        train(**{"weak": weak, "strong": strong, "y": y, **change})


def test_features_without_a_pool_are_refused():
    weak, strong, _, y = drawn()
    with pytest.raises(InputError, match="a pool of at least 10 rows without labels"):
        train(weak[:65], strong[:65], y)


def test_too_few_labels_for_the_posterior_fall_back_and_say_so(caplog):
    weak, strong, _, y = drawn()
    with caplog.at_level(logging.INFO, "w2slens"):
        found = train(weak, strong, y[:6])
    assert found.name in ("imitate", "labels", "teacher")
    assert "6 labels are too few for the posterior (10 are needed)" in found.statement
    assert "too few" in caplog.text


def test_rows_that_are_labeled_twice_are_counted():
    weak, strong, _, y = drawn()
    for rows in (weak, strong):
        rows[3] = rows[4]
        rows[10] = rows[11]
    y[10] = y[11]
    found = train(weak, strong, y)
    assert "1 example is labeled more than once, with labels that differ" in found.statement


def test_scores_of_black_box_teachers_stand_beside_or_instead_of_weak_features():
    weak, strong, f, y = drawn()
    truth = {"rule": f + 3 * np.random.default_rng(1).standard_normal(len(f))}
    alone, beside, without = (
        train(None, strong, y, scores=truth),
        train(weak, strong, y, scores=truth),
        train(weak, strong, y),
    )
    assert alone.facts["scores"] == ["rule"]
    for found in (alone, beside):
        assert np.mean((found.predict(strong)[:, 0] - f) ** 2) < 0.8 * np.mean(
            (without.predict(strong)[:, 0] - f) ** 2
        )
    with pytest.raises(InputError, match="needs the scores wherever it is used"):
        train(weak, strong, y, scores=truth, student="both")
    with pytest.raises(InputError, match="rule"):
        train(weak, strong, y, scores={"rule": f[:5]})


def test_new_rows_must_be_what_the_student_knows():
    weak, strong, _, y = drawn()
    found, both = train(weak, strong, y), train(weak, strong, y, student="both")
    with pytest.raises(InputError, match="features: has 13 coordinates; the student knows 17"):
        found.predict(weak)
    with pytest.raises(
        InputError, match="weak: is given; the student 'posterior' needs strong ones"
    ):
        found.predict(strong, weak=weak)
    with pytest.raises(InputError, match="weak: is missing; the student 'both' needs both sides"):
        both.predict(strong)
    with pytest.raises(InputError, match="rows"):
        both.predict(strong, weak=weak[:9])


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("student.npz", b"nonsense"),
        ("result.json", b"{}"),
        ("result.json", b'{"result": "train", "student": "best", "widths": {}}'),
    ],
)
def test_a_spoilt_folder_is_refused(tmp_path, file, content):
    weak, strong, _, y = drawn()
    folder = train(weak, strong, y).save(tmp_path / "model")
    (folder / file).write_bytes(content)
    with pytest.raises(InputError, match=r"not a file that w2slens wrote|another result"):
        load_student(folder)


def test_the_command_line_trains_and_applies(tmp_path):
    weak, strong, f, y = drawn()
    for name, array in {"w": weak, "s": strong, "y": y}.items():
        np.save(tmp_path / f"{name}.npy", array)

    def call(*words):
        return CliRunner().invoke(group, [str(word) for word in words])

    paths = [
        f"--{k}={tmp_path / v}.npy"
        for k, v in zip(("weak", "strong", "labels"), "wsy", strict=True)
    ]
    model, scores = tmp_path / "model", tmp_path / "scores.npy"
    told = call("train", *paths, "--out", model, "--json")
    assert told.exit_code == 0
    document = json.loads(told.stdout)
    assert document["student"] == "posterior"
    assert set(document["students"]) == set(STUDENTS)
    applied = call("apply", model, tmp_path / "s.npy", "--out", scores)
    assert applied.exit_code == 0
    found = np.load(scores)
    close(found, w2slens.train(weak, strong, y).predict(strong), 1e-12)
    assert np.mean((found[:, 0] - f) ** 2) < 100
    again = call("apply", model, tmp_path / "s.npy", "--out", scores)
    assert "exists; choose another name" in str(again.exception) + again.output
    own = call("apply", model, tmp_path / "s.npy", "--out", tmp_path / "s.npy", "--overwrite")
    assert "holds the features; choose another name" in str(own.exception) + own.output
    close(np.load(tmp_path / "s.npy"), strong, 0)
    both = call("train", *paths, "--student", "both", "--out", model, "--overwrite")
    assert both.exit_code == 0
    assert "FEATURES --weak PATH" in " ".join(both.output.split())
    assert "--weak weak.npy" in (model / "MODEL_CARD.md").read_text("utf-8")
    assert (
        call(
            "apply",
            model,
            tmp_path / "s.npy",
            "--weak",
            tmp_path / "w.npy",
            "--out",
            tmp_path / "b.npy",
        ).exit_code
        == 0
    )


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([*range(1, 400), 5], "twice"),
        (list(range(300)), "300 ids of them"),
        (None, "has no column 'uid'"),
    ],
)
def test_ids_of_new_rows_are_looked_at_where_no_other_input_has_any(tmp_path, ids, message):
    weak, strong, _, y = drawn()
    found, rows = train(weak, strong, y), tmp_path / "rows.parquet"
    pd.DataFrame(strong[:400], columns=[f"s{i}" for i in range(17)]).to_parquet(rows)
    with pytest.raises(InputError, match=message):
        found.sources(rows, id="uid" if ids is None else {"features": np.array(ids)})


@pytest.mark.parametrize("kind", ["frame", "parquet", "csv", "parts"])
def test_columns_are_known_again_by_their_names(tmp_path, kind):
    weak, strong, _, y = drawn()
    table = pd.DataFrame(strong, columns=[f"s{i}" for i in range(17)])

    def put(table, name):
        if kind == "frame":
            return table
        path = tmp_path / f"{name}.{'csv' if kind == 'csv' else 'parquet'}"
        if kind == "parts":
            (tmp_path / name).mkdir()
            path = tmp_path / name / "0.parquet"
        table.to_csv(path, index=False) if kind == "csv" else table.to_parquet(path)
        return path.parent if kind == "parts" else path

    train(weak, put(table, "train"), y).save(tmp_path / "model")
    found = load_student(tmp_path / "model")
    close(found.predict(put(table[:9], "new")), found.predict(strong[:9]), 1e-9)
    with pytest.raises(
        InputError, match=r"features: has its columns in another order .* from 's0'"
    ):
        found.predict(put(table[:9].iloc[:, ::-1], "turned"))
    with pytest.raises(InputError, match="features: has other columns, such as 's3': the model l"):
        found.predict(put(table[:9].rename(columns={"s3": "t"}), "other"))


def test_names_are_taken_from_rows_and_of_coordinates_alone(tmp_path):
    weak, strong, _, y = drawn()
    table = pd.DataFrame(strong, columns=[f"s{i}" for i in range(17)])
    (tmp_path / "parts").mkdir()
    pd.DataFrame({"other": []}).to_parquet(tmp_path / "parts" / "0.parquet")
    table.to_parquet(tmp_path / "parts" / "1.parquet")
    found = train(weak, table, y)
    close(found.predict(tmp_path / "parts"), found.predict(strong), 1e-12)
    for name in ("emb", "embedding"):
        pd.DataFrame({name: list(strong)}).to_parquet(tmp_path / f"{name}.parquet")
    vectors = train(weak, tmp_path / "emb.parquet", y)
    close(vectors.predict(tmp_path / "embedding.parquet"), vectors.predict(table), 1e-12)
    twice = pd.concat([table, table[["s16"]]], axis=1)
    with pytest.raises(InputError, match="has 18 coordinates; the student knows 17"):
        found.predict(twice)


def test_rows_are_scored_in_chunks_of_so_many_bytes(monkeypatch):
    weak, strong, _, y = drawn()
    found = train(weak, strong, y)
    whole = found.predict(strong)
    monkeypatch.setattr("w2slens.advise.student.CHUNK_BYTES", 8 * 17 * 100)
    chunks = list(found.scored(found.sources(strong)))
    assert {len(chunk) for chunk in chunks[:-1]} == {100}
    close(np.concatenate(chunks), whole, 1e-12)


def test_probabilities_of_classes_are_mended_by_what_leave_one_out_says():
    weak, strong, f, y = drawn(n=120)
    classes = np.where(y > 100, "good", "bad")
    truth = np.eye(2)[(f > 100).astype(int)]
    found = train(weak, strong, classes)
    p = found.probabilities(strong)
    close(p.sum(axis=1), np.ones(len(p)), 1e-12)
    assert (p.argmax(axis=1) == found.predict(strong).argmax(axis=1)).all()
    assert np.mean((p - truth) ** 2) < np.mean((found.predict(strong) - truth) ** 2)
    with pytest.raises(InputError, match="probabilities: are of classes"):
        train(weak, strong, y).probabilities(strong)


def test_the_temperature_is_found_where_it_is_known():
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((20_000, 3)) * 0.3
    p = np.exp(5 * scores) / np.exp(5 * scores).sum(axis=1, keepdims=True)
    labels = np.eye(3)[(rng.random((20_000, 1)) > np.cumsum(p, axis=1)).sum(axis=1)]
    assert 4.3 < temperature(scores, labels) < 5.8


def test_bought_labels_are_the_ones_that_leave_least_unknown():
    """Against brute force: the greedy choice of each step leaves the least trace of VQ."""
    rng = np.random.default_rng(0)
    rows, root = rng.standard_normal((30, 6)), rng.standard_normal((6, 6))
    V, Q, noise = root @ root.T, np.diag(np.arange(1.0, 7)), 0.5
    places = worth_labeling(rows, V, Q, noise, 4)
    taken = []
    for place in places:
        left = [i for i in range(30) if i not in taken]
        traces = []
        for i in left:
            Z = rows[[*taken, i]]
            told = V - V @ Z.T @ np.linalg.solve(Z @ V @ Z.T + noise * np.eye(len(Z)), Z @ V)
            traces.append(np.trace(told @ Q))
        assert left[int(np.argmin(traces))] == place
        taken.append(place)


def test_rows_to_buy_are_rows_of_the_pool():
    weak, strong, _, y = drawn()
    found = train(weak, strong, y, buy=12)
    assert len(set(found.buy)) == 12
    assert min(found.buy) >= 60
    assert train(weak, strong, y).buy == ()


VALUES = [None, True, "x", [], {}, [1], -1, 1e308, float("nan"), [[None]], {"a": 1}]


def test_an_edited_document_is_refused_or_read_without_harm(tmp_path):
    weak, strong, _, y = drawn()
    folder = train(weak, strong, np.where(y > 100, "good", "bad")).save(tmp_path / "model")
    document = json.loads((folder / "result.json").read_text())
    for key, value in [(key, value) for key in document for value in (*VALUES, "gone")]:
        edited = {**document, key: value}
        if value == "gone":
            del edited[key]
        (folder / "result.json").write_text(json.dumps(edited))
        with suppress(InputError):
            again = load_student(folder)
            assert np.isfinite(again.probabilities(strong)).all()
            assert again.to_dict()["student"] == "posterior"
            assert again.shown()[0]


@pytest.mark.filterwarnings("error")
def test_labels_without_noise_have_a_forecast_without_overflow():
    z = np.random.default_rng(0).standard_normal((2000, 30))
    found = train(z[:, :20], z[:, 10:], z[:40, 12])
    for one in found.students.values():
        low, high = one.interval
        assert 0 <= low <= one.risk <= high < 1


def test_a_risk_of_next_to_nothing_has_an_interval_that_reaches_its_error():
    losses = np.full(50, 1e-9)
    losses[0] = 1e-2
    found = _combined(np.full(100, 1e-12), losses)
    assert found.interval[1] >= found.risk
    assert found.interval[1] < 1
