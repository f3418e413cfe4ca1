"""Pseudo-labels in files: written for other programs, read from other teachers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

torch = pytest.importorskip("torch")

from tests.test_finetune import TOLD, digits, study  # noqa: E402
from w2slens import InputError  # noqa: E402
from w2slens.deep.labels import PSEUDO_LABELS, Teacher  # noqa: E402
from w2slens.deep.recipe import load_finetuning  # noqa: E402
from w2slens.features.corpora import Corpus  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore::w2slens.models.estimates.UndefinedRatioWarning"  # tiny networks may learn nothing
)

CLASSES = np.array([0, 1])


@pytest.fixture(scope="module")
def said():
    """What a teacher says of every image: a table with ids and probabilities."""
    corpus = digits()
    pixels = np.array([corpus.load(i)[:, :, 0].ravel() for i in range(len(corpus))]) / 255
    model = LogisticRegression(C=0.01).fit(pixels[:60], corpus.labels[:60])
    return pd.DataFrame({"id": corpus.ids, "soft_label": list(model.predict_proba(pixels))})


def test_a_teacher_is_known_by_its_labels(said, tmp_path):
    said.sample(frac=1, random_state=0).to_parquet(tmp_path / "said.parquet")
    calls = []
    found = study({"labels": str(tmp_path / "said.parquet")}).run(
        tmp_path / "out", progress=lambda *call: calls.append(call)
    )
    (cell,) = found.to_dict()["cells"]
    assert calls[-1] == (3, 3)  # student, strong baseline, ceiling
    assert 0.6 < cell["accuracy"]["weak"]["mean"] < cell["accuracy"]["ceiling"]["mean"]
    assert found.to_dict()["dimensions"]["weak"]["coordinates"] == 1
    assert set(cell["linearisation"]["drift"]) == {"w2s", "strong", "ceiling"}


def test_the_labels_of_a_run_teach_as_its_teacher_did(tmp_path):
    whole = study()
    found = whole.run(tmp_path / "whole")
    weak = tmp_path / "whole/networks/trial-0000/weak.weak.n80"
    table = pd.read_parquet(weak / PSEUDO_LABELS)
    assert list(table.columns) == ["id", "soft_label", "hard_label"]
    outputs, split = np.load(weak / "outputs.npz"), whole.source.split(whole.settings, 0)
    assert np.stack(table["soft_label"]).argmax(axis=1).tolist() == table["hard_label"].tolist()
    soft = np.full((1797, 2), 0.5)
    soft[split.pool(160)] = np.stack(table["soft_label"])
    soft[split.test] = torch.softmax(torch.from_numpy(outputs["test"]), 1).numpy()
    every = pd.DataFrame({"id": digits().ids, "soft_label": list(soft)})
    every.to_parquet(tmp_path / "every.parquet")
    again = study({"labels": str(tmp_path / "every.parquet")}).run()
    for name in ("weak", "strong", "ceiling"):
        assert again.table[name][0] == pytest.approx(found.table[name][0], rel=1e-6)
    assert again.table["w2s"][0] == pytest.approx(found.table["w2s"][0], rel=0.2)  # another seed


def test_what_datasets_saved_is_read_by_its_texts(tmp_path):
    datasets = pytest.importorskip("datasets")
    texts = ["good film", "bad film", "a film"]
    corpus = Corpus("text", ["0", "1", "2"], lambda i: texts[i], {}, np.array([1, 0, 1]))
    table = {"txt": texts[::-1], "soft_label": [[0.4, 0.6], [0.9, 0.1], [0.2, 0.8]]}
    datasets.Dataset.from_dict(table).save_to_disk(tmp_path / "weak_labels")
    outputs = Teacher(str(tmp_path / "weak_labels")).outputs(corpus, CLASSES, 2)
    assert np.exp(outputs) == pytest.approx(np.array([[0.2, 0.8], [0.9, 0.1], [0.4, 0.6]]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="id"), "'id' or 'txt'"),
        (lambda t: t.drop(columns="soft_label"), "'soft_label' or 'hard_label'"),
        (lambda t: t[3:], "lack 3 of 1,797 examples, the first with id '0'"),
        (lambda t: t.assign(id="7"), "name a id twice"),
        (lambda t: t.assign(soft_label=[[0.2, 0.3, 0.5]] * len(t)), "tell 3 classes apart"),
        (lambda t: t.assign(soft_label=[[0.2, 0.3]] * len(t)), "sum to 1"),
        (lambda t: t.assign(soft_label=[[0.5, 0.5]] * (len(t) - 1) + [[1.0]]), "all as long"),
        (lambda t: t.assign(soft_label=[[np.nan, 1]] * len(t)), "NaN"),
        (lambda t: t[["id"]].assign(hard_label=2), r"include 2; the classes are \[0, 1\]"),
    ],
)
def test_labels_that_do_not_fit_are_refused(said, change, message, tmp_path):
    change(said).to_parquet(tmp_path / "said.parquet")
    with pytest.raises(InputError, match=message):
        study({"labels": str(tmp_path / "said.parquet")})


def test_hard_labels_and_single_probabilities_are_read(tmp_path):
    corpus = digits()
    table = pd.DataFrame({"id": corpus.ids, "hard_label": corpus.labels})
    table.to_parquet(tmp_path / "hard.parquet")
    outputs = Teacher(str(tmp_path / "hard.parquet")).outputs(corpus, CLASSES, 2)
    assert (outputs.argmax(axis=1) == corpus.labels).all()
    table.assign(soft_label=0.3).to_json(tmp_path / "one.jsonl", orient="records", lines=True)
    outputs = Teacher(str(tmp_path / "one.jsonl")).outputs(corpus, CLASSES, 2)
    assert np.exp(outputs[0]) == pytest.approx([0.7, 0.3])


def test_a_recipe_names_labels_beside_it(tmp_path):
    labels = {"id": [str(i) for i in range(1797)], "hard_label": np.arange(1797) % 10}
    pd.DataFrame(labels).to_parquet(tmp_path / "said.parquet")
    lines = [f"{key}: {value}" for key, value in {**TOLD, "task": "classification"}.items()]
    lines += ["images: {bundled: digits}", "weak: {labels: said.parquet}", "strong: mlp"]
    (tmp_path / "run.yaml").write_text("\n".join(lines))
    assert load_finetuning(tmp_path / "run.yaml").source.said["weak"].shape == (1797, 10)
