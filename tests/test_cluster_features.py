"""Features that workers of a cluster make: the store is the one that one process writes."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from w2slens import InputError
from w2slens._core.threads import one_torch_thread
from w2slens.features import extract as extraction
from w2slens.features.corpora import Corpus
from w2slens.features.extract import extract
from w2slens.features.extractors import load_extractor
from w2slens.features.recipe import load_feature_recipe

distributed = pytest.importorskip("distributed")

from tests.clusters import kill_a_worker, wait, workers  # noqa: E402
from tests.test_features import images  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of what was killed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

RECIPE = """
images: {bundled: digits}
rows: 400
batch: 13
models:
  pixels: {model: pixels, size: 5}
  convolutions: {model: random-convolutions, filters: 20, patch: 3, size: 6}
"""


@pytest.fixture(scope="module")
def two():
    with workers() as own:
        yield own


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def stored(folder):
    """Every file of a store, to the last bit."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def test_stores_do_not_depend_on_who_makes_them(recipe, two, tmp_path):
    loaded, seen = load_feature_recipe(recipe), []
    here = loaded.run(tmp_path / "here")
    there = loaded.run(
        tmp_path / "there",
        scheduler=two.scheduler_address,
        progress=lambda *told: seen.append(told),
    )
    assert seen[-1] == (800, 800)
    assert seen == sorted(seen)
    assert here.keys() == there.keys() == {"pixels", "convolutions"}
    for name in here:
        assert stored(here[name]) == stored(there[name])


def test_maps_that_learn_and_networks_are_the_same_there(two, tmp_path):
    torch = pytest.importorskip("torch")
    from w2slens.features.extractors.module import ModuleFeatures

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten())
    network = torch.nn.Sequential(network, torch.nn.Linear(160, 30))

    def collate(examples):
        return torch.from_numpy(np.stack(examples)).permute(0, 3, 1, 2).float() / 255

    words = ["good", "bad", "plot", "actor", "dull"]
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, 6)) for _ in range(60)]
    texts = Corpus("text", [f"t{i}" for i in range(60)], lines.__getitem__, {"made": "here"})
    pairs = {
        "network": (images(60), ModuleFeatures(network, collate, "small", "image")),
        "words": (texts, load_extractor("tfidf", {"dimensions": 3, "least": 1})),
    }
    for name, (corpus, extractor) in pairs.items():
        told = {"batch": 7}
        with one_torch_thread():  # as many as workers use: more round otherwise
            here = extract(corpus, extractor, tmp_path / f"{name}-here", **told)
        told["scheduler"] = two.scheduler_address
        assert stored(extract(corpus, extractor, tmp_path / name, **told)) == stored(here)


def test_broken_examples_are_named_and_skipped(two, tmp_path):
    model, told = load_extractor("pixels", {"size": 2}), {"batch": 5}
    corpus = images(60, broken=(0, 23, 24))
    far = {**told, "scheduler": two.scheduler_address}
    with pytest.raises(InputError, match=r"examples: i0: cannot be decoded; ask to skip"):
        extract(corpus, model, tmp_path / "far", **far)
    with pytest.warns(UserWarning, match="3 broken examples skipped, the first i0"):
        here = extract(corpus, model, tmp_path / "here", **told, skip=True)
    with pytest.warns(UserWarning, match="3 broken examples skipped, the first i0"):
        extract(corpus, model, tmp_path / "far", **far, skip=True)
    assert stored(tmp_path / "far") == stored(here)


class Greedy:
    """A map with room for few examples."""

    kind = "image"

    def __init__(self, most):
        self.most = most

    def describe(self):
        return {"model": "greedy"}

    def __call__(self, examples):
        if len(examples) > self.most:
            raise MemoryError
        return np.stack([example.reshape(-1) for example in examples]).astype(np.float32)


def test_workers_halve_batches_that_their_memory_does_not_hold(two, tmp_path):
    far = {"batch": 32, "scheduler": two.scheduler_address}
    found = extract(images(60), Greedy(3), tmp_path / "far", **far)
    assert stored(found) == stored(extract(images(60), Greedy(60), tmp_path / "here"))
    with pytest.raises(MemoryError):
        extract(images(60), Greedy(0), tmp_path / "none", **far)


def test_a_dead_worker_changes_no_digit(two, tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "SAVED_BATCHES", 1)
    model, seen = load_extractor("random-convolutions", {"filters": 8, "size": 6}), []

    def kill(done, total):
        seen.append(done)
        if len(seen) == 2:
            kill_a_worker(two)

    told = {"batch": 3, "scheduler": two.scheduler_address, "progress": kill}
    found = extract(images(60), model, tmp_path / "far", **told)
    assert seen == list(range(3, 61, 3))
    assert stored(found) == stored(extract(images(60), model, tmp_path / "here", batch=3))


def test_a_scheduler_that_is_not_there_leaves_a_store_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("w2slens._core.cluster.WAIT_SECONDS", 0.5)
    found = extract(images(20), load_extractor("pixels"), tmp_path / "store")
    before = stored(found)
    for out, told in ((tmp_path / "store", {"overwrite": True}), (tmp_path / "new", {})):
        with pytest.raises(InputError, match="does not answer"):
            extract(
                images(20), load_extractor("pixels"), out, scheduler="tcp://127.0.0.1:9", **told
            )
    assert stored(found) == before
    assert not (tmp_path / "new").exists()


def test_a_killed_command_goes_on(recipe, two, tmp_path):
    out, address = tmp_path / "out", two.scheduler_address
    recipe.write_text(RECIPE.replace("batch: 13", "batch: 1"))
    command = [sys.executable, "-m", "w2slens", "features", str(recipe), "--out", str(out)]
    command += ["--scheduler", address]
    progress = out / "pixels" / "progress.json"
    with subprocess.Popen(command) as process:
        wait(lambda: progress.exists() and b'"done": 0' not in progress.read_bytes())
        process.send_signal(signal.SIGKILL)
    assert progress.exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    here = load_feature_recipe(recipe).run(tmp_path / "here")
    for name, folder in here.items():
        assert stored(out / name) == stored(folder)
