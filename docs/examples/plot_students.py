"""
Six ways to use labels and a teacher
====================================

The student of weak-to-strong training imitates its teacher and never sees a label; the strong
baseline never sees the teacher. Students that use both are better than either where neither wins by
far. `train` takes one of them unless told otherwise.
"""

import matplotlib.pyplot as plt

from w2slens import train, transfer
from w2slens.plots import LOOKS
from w2slens.views import digits

weak, strong, classes = digits()
students = ["imitate", "posterior", "neighbours", "anchored"]
run = transfer(
    weak, strong, classes, n=[40, 80, 160], N=600, trials=3, students=students,
    task="classification",
)  # fmt: skip
columns = ["weak", "strong", "w2s", "anchored", "posterior", "neighbours"]
print(run.summary[["n", *columns, "ceiling"]].round(3).to_string(index=False))

# %%
# Left: test error (squared, over ten classes) of each model, every ridge chosen on the labels.
# Right: for 80 labels, what `train` expects of each student before any test row is seen, with 90%
# intervals.

looks = {
    "weak": LOOKS["weak"][1:],
    "strong": LOOKS["strong"][1:],
    "w2s": LOOKS["w2s"][1:],
    "anchored": ("#E69F00", "v"),
    "posterior": ("#CC79A7", "P"),
    "neighbours": ("#882255", "p"),
}
names = {"weak": "weak teacher", "strong": "strong on labels", "w2s": "W2S"}
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), layout="constrained")
for column, (color, marker) in looks.items():
    rows = run.summary
    left.errorbar(
        rows["n"], rows[column], rows[f"{column}_se"], color=color, marker=marker,
        label=names.get(column, column),
    )  # fmt: skip
left.set(xscale="log", xlabel="labels n", ylabel="squared error on test rows")
left.set_xticks([40, 80, 160], [40, 80, 160])
left.minorticks_off()
left.legend(frameon=False)

taken = train(weak, strong, classes[:80], task="classification")
print(taken.statement)
column_of = {"imitate": "w2s", "labels": "strong", "teacher": "weak"}
for place, (name, expected) in enumerate(taken.students.items()):
    color, marker = looks.get(column_of.get(name, name), ("#56B4E9", "X"))
    low, high = expected.interval
    right.plot([low, high], [place, place], color=color, linewidth=2)
    right.plot(expected.risk, place, marker, color=color, markersize=9)
right.set_yticks(range(len(taken.students)), list(taken.students))
right.set(xlabel="expected squared error", title=f"train takes: {taken.name}")
right.invert_yaxis()
plt.show()
