"""Fine-tune the networks of six pairs, predict them, and write the page of their results.

python docs/results/finetuning.py    # about three hours; goes on where it was
"""

import json
from dataclasses import replace

import numpy as np
from _page import HERE, ROOT, write_page
from matplotlib.figure import Figure

from w2slens._core.format import measured
from w2slens.deep.recipe import load_finetuning
from w2slens.experiments.document import pair
from w2slens.experiments.settings import Settings
from w2slens.experiments.study import Study
from w2slens.models.risks import MODELS

PAIRS = {
    ("sst2", "two-layers"): "SST-2, two layers of MiniLM → six",
    ("sst2", "glove"): "SST-2, GloVe → MiniLM",
    ("sst2", "random-transformer"): "SST-2, random transformer → MiniLM",
    ("coloured-fashion-mnist", "cnn"): "coloured clothes, small CNN → Lite0",
    ("coloured-fashion-mnist", "mobilenet"): "coloured clothes, MobileNetV2 → Lite0",
    ("digits", "weak"): "digits, narrow network → wide one",
}
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
NEAR = 0.1
"""Difference of predicted and measured PGR that counts as right."""

SEEN = ("frozen", "gradients")
SEEDS = 3
STUDENTS = ("logconf", "reverse-kl")
AUTO = ("posterior", "neighbours")
"""What `auto` may take."""


def rows_of(folder):
    """All cells of a recipe: what was measured, predicted, and what probes make of it."""
    study = load_finetuning(ROOT / "recipes" / folder / "finetune.yaml")
    out = ROOT / "build" / "finetuning" / folder
    results = study.run(out, jobs=2)
    known = out.parent / f"{folder}.json"
    if not known.exists():
        known.write_text(json.dumps(compared(study)), encoding="utf-8")
    extra = json.loads(known.read_text(encoding="utf-8"))
    for row in results.summary.to_dict("records"):
        yield {**row, **extra[f"{row['teacher']} {row['n']}"], "folder": folder}


def compared(study):
    """Name of a teacher and n → predictions, and the risks of tuned probes on the same splits."""
    found = {}
    for curve in study.settings.curves(study.source.teachers):
        name, oracles = curve.teacher, {seen: study.oracle(seen) for seen in SEEN}
        risks = {seen: oracle.predicted(curve, None) for seen, oracle in oracles.items()}
        dims = {seen: oracle.dimensions(name) for seen, oracle in oracles.items()}
        probes = probed(study, name)
        for place, row in enumerate(probes.to_dict("records")):
            one = {f"pgr {seen}": float(risks[seen].quiet_ratios()[0][place, 0]) for seen in SEEN}
            one |= {
                f"{model} {seen}": float(getattr(risks[seen], model)[place, 0])
                for seen in SEEN
                for model in MODELS
            }
            for seen in SEEN:
                one[f"dims {seen}"] = [dims[seen].d_w, dims[seen].d_s, float(dims[seen].d_sw)]
            (auto,) = (name for name in AUTO if name in probes)
            one |= {f"probe {model}": row[model] for model in MODELS}
            found[f"{name} {row['n']}"] = one | {"probe auto": row[auto], "auto": auto}
    return found


def probed(study, name):
    """Run tuned probes on the frozen features of a pair, on the splits of its networks."""
    told, rows = study.settings, study.oracle("frozen").rows(name)
    settings = Settings(
        n=told.n,
        N=told.N,
        trials=told.trials,
        test=told.test,
        seed=told.seed,
        task="classification",
        ridge_weak="auto",
        ridge_strong="auto",
        students=("imitate", "auto"),
    )
    return Study(rows, settings).run(jobs=1).summary


def heads_of(folder):
    """Train the heads alone, of the same networks on the same splits; name and n → PGR, error."""
    study = load_finetuning(ROOT / "recipes" / folder / "finetune.yaml")
    study.settings = replace(study.settings, adapt="head", losses=("cross-entropy",))
    results = study.run(ROOT / "build" / "finetuning" / "heads" / folder, jobs=2)
    return {
        (folder, row["teacher"], row["n"]): pair(row, "pgr")
        for row in results.summary.to_dict("records")
    }


def seconds(folder, name):
    """Mean seconds that training took of the networks of a name's beginning."""
    found = []
    for outputs in (ROOT / "build" / "finetuning" / folder / "networks").glob(f"*/{name}*"):
        with np.load(outputs / "outputs.npz", allow_pickle=False) as stored:
            found.append(float(stored["seconds"]))
    return np.mean(found)


def draw(rows):
    """Draw predicted against measured PGR, from either kind of features."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for ax, seen in zip(axes, SEEN, strict=True):
        ax.axline((0, 0), slope=1, color="#888888", linewidth=0.8)
        ax.fill_between([-9, 9], [-9.1, 8.9], [-8.9, 9.1], color="#888888", alpha=0.15, linewidth=0)
        for (key, label), color in zip(PAIRS.items(), COLORS, strict=True):
            own = [row for row in rows if (row["folder"], row["teacher"]) == key]
            ax.errorbar(
                [row[f"pgr {seen}"] for row in own],
                [row["pgr"] for row in own],
                [row["pgr_se"] for row in own],
                fmt="o",
                color=color,
                label=label,
            )
        ax.set_xlabel("predicted PGR")
        ax.set_title(f"from {'frozen features' if seen == 'frozen' else 'gradients'}")
    values = [row["pgr"] for row in rows] + [row[f"pgr {seen}"] for row in rows for seen in SEEN]
    values = [value for value in values if np.isfinite(value)]
    low, high = max(min(values), -1.5) - 0.1, min(max(values), 1.5) + 0.1
    axes[0].set(xlim=(low, high), ylim=(low, high), ylabel="PGR of fine-tuned networks")
    axes[1].legend(fontsize=8, loc="lower right")
    figure.savefig(HERE / "images" / "finetuning.png", dpi=100)


def decimal(value, decimals=2):
    """Write a number, with a real minus."""
    return "–" if value != value else f"{value:.{decimals}f}".replace("-", "−")


def near(measured_pgr, row, seen):
    """Whether a measured PGR is within .1 of the predicted one; of nan it is not."""
    return abs(measured_pgr - row[f"pgr {seen}"]) <= NEAR


def tables(rows, heads):
    """Lines of the four tables."""
    theory, alone, losses, worth = [], [], [], []
    for row in rows:
        label = PAIRS[row["folder"], row["teacher"]]
        guessed = [
            f"{decimal(row[f'pgr {seen}'])} ({'yes' if near(row['pgr'], row, seen) else 'no'})"
            for seen in SEEN
        ]
        far = [
            decimal(row[f"{kind}_{model}"])
            for model in ("w2s", "ceiling")
            for kind in ("drift", "moved")
        ]
        head = f"| {label} | {row['n']:,}"
        theory.append(" | ".join([head, measured(pair(row, "pgr"), 2), *guessed, *far]) + " |")
        own = heads[row["folder"], row["teacher"], row["n"]]
        said = "yes" if near(own["mean"], row, "frozen") else "no"
        predicted = f"{decimal(row['pgr frozen'])} ({said})"
        alone.append(" | ".join([head, measured(own, 2), predicted]) + " |")
        risks = [measured(pair(row, name)) for name in (*MODELS, *STUDENTS)]
        scores = [
            measured(pair(row, f"accuracy_{name}"), 3)
            for name in ("weak", "w2s", "strong", "ceiling")
        ]
        losses.append(" | ".join([head, *risks, *scores]) + " |")
        probes = [
            decimal(row[f"probe {name}"], 3)
            for name in ("weak", "w2s", "auto", "strong", "ceiling")
        ]
        tuned = [decimal(row[name], 3) for name in ("w2s", "strong", "ceiling")]
        worth.append(" | ".join([head, *tuned, *probes]) + " |")
    found = {"theory": theory, "alone": alone, "losses": losses, "worth": worth}
    return {name: "\n".join(lines) for name, lines in found.items()}


def main():
    folders = dict.fromkeys(folder for folder, _ in PAIRS)
    rows = [row for folder in folders for row in rows_of(folder)]
    heads = {key: one for folder in folders for key, one in heads_of(folder).items()}
    draw(rows)
    counts = {}
    for kind, seen in (*((seen, seen) for seen in SEEN), ("heads", "frozen")):
        right = {key: [] for key in PAIRS}
        for row in rows:
            key = row["folder"], row["teacher"]
            pgr = heads[*key, row["n"]]["mean"] if kind == "heads" else row["pgr"]
            right[key].append(near(pgr, row, seen))
        counts |= {
            f"pairs_{kind}": str(sum(map(all, right.values()))),
            f"cells_{kind}": f"{sum(map(sum, right.values()))} of {len(rows)}",
        }
    took = {
        f"seconds_{folder.split('-')[0]}": f"{seconds(folder, 'student'):.0f}" for folder in folders
    }
    kinds = ("weak", "student", "strong", "ceiling")
    longest = max(sum(seconds(folder, kind) for kind in kinds) for folder in folders)
    configuration = f"{longest * SEEDS / 60:.0f}"
    write_page("finetuning", **tables(rows, heads), **counts, **took, configuration=configuration)


if __name__ == "__main__":
    main()
