"""Hold plans against tuned runs: is the course that is recommended the one that errs least?

    w2slens features recipes/coloured-fashion-mnist/features.yaml     # once
    w2slens features recipes/sst2/features.yaml                       # once
    python docs/results/plans.py

Each pair has labels of price 1, pseudo-labels of price .01, some labels that are owned already and
four budgets. A plan from the moments of all rows and labels names the best sizes of every course;
all of them are then run, every model's ridge chosen in the run, and their mean errors compared.
Plans from forecasts see the owned labels alone, of ten draws.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from _page import ROOT, write_page
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.kernel_approximation import RBFSampler
from sklearn.preprocessing import StandardScaler

from w2slens import Problem, forecast, plan, transfer
from w2slens.advise.courses import MODEL
from w2slens.features.digits import digits
from w2slens.moments.components import principal

BUDGETS = (0.25, 1.0, 3.0, 8.0)
"""In owned labels."""

PRICES = {"cost_label": 1.0, "cost_pseudo": 0.01}
TEST = 0.2
TRIALS, DRAWS = 40, 10
NEAR = 0.01
"""Courses whose measured errors differ by a smaller share are as good as each other."""


@dataclass(frozen=True)
class Pair:
    """A teacher's and a student's features, targets, and what its owner has."""

    name: str
    weak: np.ndarray
    strong: np.ndarray
    y: np.ndarray
    owned: int
    pool: int

    def room(self, budget):
        """Rows that are left for the pool beside the labels that a budget buys, and the test."""
        rows = len(self.weak)
        return min(self.pool, rows - int(rows * TEST) - int(self.owned + budget) - 1)


def pairs():
    """Five of real data: two small tables, digits, coloured images by two teachers, texts."""
    x, y = load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x)[:, :10]
    strong = RBFSampler(gamma=0.02, n_components=60, random_state=0).fit_transform(x)
    yield Pair("breast cancer", x, strong, np.eye(2)[y], 15, 300)
    x, y = load_diabetes(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    strong = RBFSampler(gamma=0.02, n_components=80, random_state=0).fit_transform(x)
    yield Pair("diabetes", x[:, [2, 3, 8]], strong, (y - y.mean())[:, None] / y.std(), 15, 200)
    weak, strong, y = digits()
    yield Pair("digits", weak, strong, np.eye(10)[y], 60, 900)
    folder = ROOT / "build" / "coloured-fashion-mnist"
    y = np.load(folder / "lite0" / "labels.npy")[:, None]
    strong = features(folder, "lite0", 0.8)
    for teacher in ("mobilenet", "pixels"):
        yield Pair(f"coloured, {teacher}", features(folder, teacher, 56), strong, y, 60, 10_000)
    folder = ROOT / "build" / "sst2"
    y = np.eye(2)[np.load(folder / "glove" / "labels.npy").astype(int)]
    sides = (features(folder, name, 0.9) for name in ("glove", "layer2"))
    yield Pair("SST-2, GloVe", *sides, y, 100, 10_000)


def features(folder, name, keep):
    """Load a store, cut to its leading directions."""
    return principal(np.load(folder / name / "features.npy"), keep, name)


def measured(pair, found):
    """Course → mean and standard error of the squared error of a tuned run at its sizes."""
    sizes = sorted({course.n for course in found.courses})
    pools = sorted({max(course.N, 2) for course in found.courses if course.N}) or [2]
    table = transfer(
        pair.weak,
        pair.strong,
        pair.y,
        n=sizes,
        N=pools,
        trials=TRIALS,
        test=TEST,
        task="regression",
        students="posterior",
    ).table
    risks = {}
    for course in found.courses:
        here = (table["n"] == course.n) & (table["N"] == max(course.N, pools[0]))
        values = table.loc[here, MODEL[course.course]].to_numpy()
        risks[course.course] = values.mean(), values.std(ddof=1) / len(values) ** 0.5
    return risks


def forecasts(pair):
    """One forecast a draw of the owned labels; its pool is what is left, test rows aside."""
    for draw in range(DRAWS):
        rows = np.random.default_rng(draw).permutation(len(pair.weak))[: pair.owned + pair.room(0)]
        y = pair.y[rows[: pair.owned]]
        yield forecast(pair.weak[rows], pair.strong[rows], y, task="regression")


def regret(course, risks):
    """Excess of a course's measured error over the least."""
    return risks[course][0] / min(mean for mean, _ in risks.values()) - 1


def judge(pair):
    """Yield a dict a budget."""
    problem, known = Problem.from_data(pair.weak, pair.strong, pair.y), list(forecasts(pair))
    for share in BUDGETS:
        budget = share * pair.owned
        asked = {**PRICES, "budget": budget, "owned": pair.owned, "pool": pair.room(budget)}
        found = plan(problem, **asked)
        risks = measured(pair, found)
        drawn = [plan(one, **asked).best.course for one in known]
        regrets = [regret(course, risks) for course in drawn if course in risks]
        yield {
            "pair": pair.name,
            "budget": budget,
            "plan": found,
            "risks": risks,
            "regret": regret(found.best.course, risks),
            "forecasts": regrets,
        }


def row(cell):
    """Line of the table."""
    found, risks = cell["plan"], cell["risks"]
    best = min(risks, key=lambda name: risks[name][0])
    sizes = {c.course: f"{c.n:,}" + (f" + {c.N:,}" if c.N else "") for c in found.courses}
    predicted = {c.course: c.risk for c in found.courses}

    def shown(name):
        if name not in risks:
            return "–"
        mean, se = risks[name]
        text = f"{mean:.4f} ± {se:.4f} ({predicted[name]:.4f})"
        return f"**{text}**" if name == best else text

    near = "" if cell["regret"] == 0 else f", +{100 * cell['regret']:.1f}%"
    regrets = np.array(cell["forecasts"])
    share = f"{np.mean(regrets <= NEAR):.0%}, +{100 * regrets.mean():.1f}%"
    courses = " | ".join(
        shown(name)
        for name in ("w2s", "posterior", "label-more", "strong-on-labels", "weak-is-enough")
    )
    recommended = found.best.course
    return (
        f"| {cell['pair']} | {cell['budget']:g} | {recommended} on {sizes[recommended]}{near} "
        f"| {courses} | {share} |"
    )


def main():
    """Judge all pairs and write the page."""
    warnings.simplefilter("ignore")
    cells = []
    for pair in pairs():
        for cell in judge(pair):
            cells.append(cell)
            print(row(cell), flush=True)
    regrets = np.array([cell["regret"] for cell in cells])
    drawn = np.concatenate([cell["forecasts"] for cell in cells])
    errors = [
        abs(course.risk / cell["risks"][course.course][0] - 1)
        for cell in cells
        for course in cell["plan"].courses
    ]
    write_page(
        "plans",
        rows="\n".join(map(row, cells)),
        cells=str(len(cells)),
        pairs=str(len({cell["pair"] for cell in cells})),
        exact=str(int(np.sum(regrets == 0))),
        near=str(int(np.sum(regrets <= NEAR))),
        worst=f"{100 * regrets.max():.1f}%",
        error=f"{100 * float(np.median(errors)):.1f}%",
        drawn=f"{np.mean(drawn <= NEAR):.0%}",
        drawn_mean=f"{100 * drawn.mean():.1f}%",
        drawn_worst=f"{100 * drawn.max():.0f}%",
        trials=str(TRIALS),
        draws=str(DRAWS),
    )


if __name__ == "__main__":
    main()
