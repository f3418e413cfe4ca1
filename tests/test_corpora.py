import gzip
import struct

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.laws import agrees
from w2slens import InputError
from w2slens.features.corpora import (
    BrokenExampleError,
    bundled_images,
    coloured,
    dataset_images,
    dataset_texts,
    folder_images,
    idx_images,
    sentence_groups,
    text_file,
    whole_sentences,
)


def idx(array):
    """An array of bytes as IDX."""
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def digits(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (4000, 4, 5)), rng.integers(0, 10, 4000)
    (tmp_path / "images.gz").write_bytes(gzip.compress(idx(images)))
    (tmp_path / "labels").write_bytes(idx(labels))
    return tmp_path, images, labels


def test_idx_files_are_read_plain_and_gzipped(digits):
    folder, images, labels = digits
    corpus = idx_images(folder / "images.gz", folder / "labels")
    assert len(corpus) == 4000
    np.testing.assert_array_equal(corpus.labels, labels)
    np.testing.assert_array_equal(corpus.load(3), np.stack([images[3]] * 3, axis=2))
    some = corpus.take(np.array([7, 3]))
    assert some.ids == ["7", "3"]
    np.testing.assert_array_equal(some.load(1), corpus.load(3))


def test_bundled_digits_are_images():
    corpus, known = bundled_images("digits"), load_digits()
    assert (corpus.labels == known.target).all()
    assert corpus.load(5).shape == (8, 8, 3)
    assert corpus.load(5)[:, :, 1] * (16 / 255) == pytest.approx(known.images[5], abs=0.04)
    with pytest.raises(InputError, match="bundled: is 'letters'"):
        bundled_images("letters")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an IDX file"),
        (b"\x89PNG....", "is not an IDX file"),
        (idx(np.zeros((3, 4, 4)))[:-1], "is cut short"),
        (idx(np.zeros(3)), r"has shape \(3,\)"),
        (b"\x1f\x8b123", "cannot be read"),
    ],
)
def test_files_that_are_no_idx_images_are_refused(tmp_path, content, message):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match=message):
        idx_images(tmp_path / "x")


def test_coloured_images_have_the_bayes_rule_that_is_given(digits):
    folder, _, labels = digits
    corpus = coloured(idx_images(folder / "images.gz", folder / "labels"))
    clean = labels >= 5
    agrees(corpus.labels == np.where(clean, 1, -1), 0.75)
    green = np.array([corpus.load(i)[:, :, 1].any() for i in range(4000)])
    agrees((corpus.labels == 1) == green, 0.8)
    assert not any(corpus.load(i)[:, :, 2].any() for i in range(50))
    for shape in (False, True):
        for colour in (False, True):
            some = (clean == shape) & (green == colour)
            agrees(corpus.labels[some], corpus.target[some][0])
    noise = 1 - corpus.target**2
    agrees((corpus.labels - corpus.target) ** 2, noise.mean())
    assert abs(noise.mean() - 0.5288) < 0.02
    agrees(np.sign(corpus.target) == corpus.labels, 0.8)


def test_folders_give_classes_names_and_ages(tmp_path):
    for name in ("cat/a.png", "cat/b.png", "dog/20_c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (3, 2), (255, 0, 0)).save(tmp_path / name)
    corpus = folder_images(tmp_path)
    assert corpus.ids == ["cat/a.png", "cat/b.png", "dog/20_c.png"]
    assert corpus.labels.tolist() == [0, 0, 1]
    assert corpus.load(0).tolist() == [[[255, 0, 0]] * 3] * 2
    ages = folder_images(tmp_path / "dog", label=r"^(\d+)_")
    assert ages.labels.tolist() == [20.0]
    with pytest.raises(InputError, match=r"label: .* finds no group in 'a.png'"):
        folder_images(tmp_path, label=r"^(\d+)_")
    (tmp_path / "cat" / "b.png").write_bytes(b"no image")
    with pytest.raises(BrokenExampleError, match=r"b\.png cannot be decoded"):
        corpus.load(1)


@pytest.mark.parametrize("ending", [".tsv", ".csv", ".parquet", ".jsonl"])
def test_texts_of_every_kind_of_table(tmp_path, ending):
    table = pd.DataFrame({"sentence": ["good , film", 'a "bad" one', None], "label": [1, 0, 1]})
    path = tmp_path / f"x{ending}"
    if ending == ".parquet":
        table.to_parquet(path)
    elif ending == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, sep="\t" if ending == ".tsv" else ",", index=False, quoting=0)
    if ending == ".tsv":
        path.write_text('sentence\tlabel\ngood , film\t1\na "bad" one\t0\n\t1\n')
    corpus = text_file(path, text="sentence", label="label")
    assert [corpus.load(i) for i in (0, 1)] == ["good , film", 'a "bad" one']
    assert corpus.labels.tolist() == [1, 0, 1]
    with pytest.raises(BrokenExampleError, match="row 2 has no text"):
        corpus.load(2)
    with pytest.raises(InputError, match="has the columns 'sentence', 'label'"):
        text_file(path, text="text")


def test_phrases_of_longer_sentences_are_not_whole():
    texts = ["a fine film", "fine film", "film", "dull", "a fine film", "fine , film", None]
    assert whole_sentences(texts).tolist() == [0, 3, 5]


def test_phrases_go_with_the_sentences_that_contain_them():
    texts = [
        "one of the best films of the year",
        "best films",
        "the best films of this decade",
        "the best films of",
        "dull , very dull",
        "very dull",
        "films",
        None,
        "very slow",
    ]
    groups = sentence_groups(texts)
    assert len(set(groups[[0, 1, 2, 3, 6]])) == 1
    assert groups[4] == groups[5]
    assert len(set(groups)) == 4


def test_no_telling_phrase_is_part_of_a_text_of_another_group():
    rng = np.random.default_rng(0)
    sentences = [rng.choice(list("abcdefgh"), rng.integers(4, 9)).tolist() for _ in range(60)]
    starts = [int(rng.integers(0, len(words) - 2)) for words in sentences]
    pairs = zip(sentences, starts, strict=True)
    texts = [" ".join(words) for words in sentences] + [" ".join(w[s : s + 3]) for w, s in pairs]
    groups = sentence_groups(texts)
    assert len(set(groups)) > 5
    for i, text in enumerate(texts):
        for j, other in enumerate(texts):
            assert groups[i] == groups[j] or f" {text} " not in f" {other} "


@pytest.fixture
def saved(tmp_path):
    """A dataset on disk in two forms: as `datasets` saves it, and as a folder of Parquet files."""
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    image = pytest.importorskip("PIL.Image", reason="images need pillow")
    pixels = [np.full((4, 5, 3), shade, np.uint8) for shade in (0, 90, 200)]
    content = []
    for i, array in enumerate(pixels):
        image.fromarray(array).save(tmp_path / f"{i}.png")
        content.append({"bytes": (tmp_path / f"{i}.png").read_bytes(), "path": None})
    content[1] = {"bytes": b"no image", "path": None}
    table = datasets.Dataset.from_dict(
        {"picture": content, "text": ["a fine film", "fine film", ""], "label": [0, 1, 1]},
        features=datasets.Features(
            picture=datasets.Image(), text=datasets.Value("string"), label=datasets.Value("int64")
        ),
    )
    table.save_to_disk(tmp_path / "saved")
    (tmp_path / "files").mkdir()
    table.to_parquet(tmp_path / "files" / "train.parquet")
    return tmp_path


@pytest.mark.parametrize("form", ["saved", "files"])
def test_datasets_of_hugging_face(saved, form, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(saved / "cache"))
    images = dataset_images(str(saved / form), image="picture", label="label")
    assert images.labels.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(images.load(2), np.full((4, 5, 3), 200, np.uint8))
    with pytest.raises(BrokenExampleError, match="row 1 cannot be decoded"):
        images.load(1)
    texts = dataset_texts(str(saved / form), text="text", label="label")
    assert texts.load(0) == "a fine film"
    with pytest.raises(BrokenExampleError, match="row 2 has no text"):
        texts.load(2)
    with pytest.raises(InputError, match=r"text: is 'words'; .* 'picture', 'text', 'label'"):
        dataset_texts(str(saved / form), text="words")
    with pytest.raises(InputError, match=r"image: is 'text'; that column .* holds no images"):
        dataset_images(str(saved / form), image="text")


def test_a_dataset_that_is_not_there_is_refused(monkeypatch, tmp_path):
    pytest.importorskip("datasets", reason="datasets is not installed")
    with pytest.raises(InputError, match=r"dataset: '.*' \(split 'train'\) cannot be loaded"):
        dataset_texts(str(tmp_path / "nothing"), text="text")
