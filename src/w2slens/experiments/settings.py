"""`Settings`: everything that a run is told, once.

The fields are the keywords of `transfer`, `sweep` and `simulate`, the keys of recipes, the options
of the command line and what every result records; nothing lists them a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields
from itertools import product
from typing import Any, Literal, get_args

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import TASKS, Names, Numbers, Ridges, RowsOrShare, Sizes, Task
from w2slens.experiments.curves import Curve
from w2slens.experiments.declared import answer_of, levels_of, self_describing, students_of, told
from w2slens.features.ondisk import STREAMS, Stream
from w2slens.models.metrics import METRICS, Metric, check_metric
from w2slens.models.risks import CEILINGS, Ceiling
from w2slens.models.students import AUTO, STUDENTS, W2S
from w2slens.moments.components import Components

LEAST_LABELS_AUTO = 3
"""Leave-one-out needs at least this many labels."""

MOST_TRIALS = 10**6
"""More are a slip of the keyboard: the errors of the means fall no further."""

LARGEST_SEED = 2**128 - 1
"""As much as numpy draws a seed from by itself."""

CROSS_ENTROPY = (W2S, AUTO, "labels", "teacher")
"""Students that logistic probes have."""

Loss = Literal["squared", "cross-entropy"]
LOSSES = get_args(Loss)
"""What probes minimise; each has its engine in `w2slens.experiments.trial`."""


@self_describing
@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a run is told, validated.

    Lists may be given as single values; they are tuples afterwards. The cells of a run are the
    product of all lists.

    Parameters
    ----------
    <settings>

    Raises
    ------
    InputError
        If a value cannot be, or two of them do not go together.

    Examples
    --------
    >>> Settings(n=100, N=[500, 1000], ridge_weak=[0, "auto"]).ridge_weak
    (0.0, 'auto')
    """

    n: Sizes = told("numbers of labels", "sizes")
    N: Sizes = told("numbers of pseudo-labels; the run covers their product with n", "sizes")
    trials: int = told("independent splits (or draws) of the rows", "whole", 10)
    ridge_weak: Ridges = told(
        "ridge λ of the teacher in (1/n)‖·‖² + λ‖·‖², or auto; it is then chosen for every model "
        "alike by leave-one-out on the labels (the ceiling by GCV), and several are run in turn",
        "ridges",
        "auto",
    )
    ridge_strong: Ridges = told("ridge λ of the strong models, alike", "ridges", "auto")
    noise_levels: Numbers = told(
        "noise added to the training labels, never to the test rows: the share of classes that are "
        "flipped, for regression in standard deviations of the labels",
        "numbers",
        (0.0,),
        drawn=False,
    )
    task: Task | None = told(
        "needed where labels are whole numbers; classification regresses on one-hot labels, with "
        "soft pseudo-labels, and text is classes",
        TASKS,
        None,
        drawn=False,
    )
    test: RowsOrShare = told(
        "rows held out first: a number, or a share below 1 (default a fifth; of a population 2000)",
        "rows or share",
        None,
    )
    ceiling: Ceiling = told(
        "rows with true labels for the ceiling: n+N, N or n of them", CEILINGS, CEILINGS[0]
    )
    loss: Loss = told(
        "what probes minimise; cross-entropy (of classes) is scored by Brier score, and auto "
        "chooses ridges by folds of the true labels",
        LOSSES,
        LOSSES[0],
        drawn=False,
    )
    metric: Metric = told(
        "what the verdict judges by: squared error, which theory predicts, or for classes accuracy "
        "or auroc, which are measured only",
        METRICS,
        METRICS[0],
        drawn=False,
    )
    students: Names = told(
        "students besides plain imitation: posterior (or auto), neighbours, anchored, both; "
        "posterior learns from labels and teacher together, neighbours also from how the pool "
        "clusters, and both needs both models wherever it is used",
        "words",
        (W2S,),
        drawn=False,
    )
    components_weak: Components = told(
        "cut the weak features to principal components over all rows: how many, or the share of "
        "the variance that they hold",
        "components",
        None,
        drawn=False,
    )
    components_strong: Components = told(
        "cut the strong features alike", "components", None, drawn=False
    )
    components_sample: int | None = told(
        "rows, drawn at random, from which the principal components are taken instead of all; the "
        "result says what variance they miss of other rows",
        "whole",
        None,
        drawn=False,
    )
    stream: Stream = told(
        "leave features on disk, of files of any size: yes, no, or auto, where they would take a "
        "quarter of the memory; trials are then made of groups to which the rows are hashed",
        STREAMS,
        STREAMS[0],
        drawn=False,
    )
    seed: int = told("of all draws; the same seed gives the same digits", "whole", 0)

    def __post_init__(self) -> None:
        keep = {
            "n": check.counts(self.n, "n"),
            "N": check.counts(self.N, "N"),
            "trials": check.whole(self.trials, "trials", most=MOST_TRIALS),
            "ridge_weak": check.several(self.ridge_weak, "ridge_weak", check.ridge, "ridge"),
            "ridge_strong": check.several(self.ridge_strong, "ridge_strong", check.ridge, "ridge"),
            "noise_levels": levels_of(self.noise_levels, self.task),
            "students": students_of(self.students),
            "seed": check.whole(self.seed, "seed", 0, LARGEST_SEED),
            "stream": answer_of(self.stream),
        }
        for name, value in keep.items():
            object.__setattr__(self, name, value)
        for name in ("ceiling", "loss", "stream", *(["task"] if self.task is not None else [])):
            check.choice(getattr(self, name), name, OPTIONS[name].metadata["kind"])
        if self.components_sample is not None:
            if self.components_weak is None and self.components_strong is None:
                raise InputError("components_sample", "goes with components of a side")
            check.whole(self.components_sample, "components_sample", least=2)
        check_metric(self.metric, self.task)
        if self.loss != LOSSES[0]:
            self._check_cross_entropy()

    def _check_cross_entropy(self) -> None:
        """Refuse what has no minimum: no classes, or classes that separate without a penalty."""
        if self.task == "regression":
            raise InputError("loss", f"is {self.loss!r}; it goes with task classification only")
        if not set(self.students) <= set(CROSS_ENTROPY):
            raise InputError(
                "students",
                f"are {', '.join(self.students)}; a cross-entropy knows {', '.join(CROSS_ENTROPY)}",
            )
        for argument in ("ridge_weak", "ridge_strong"):
            if 0 in getattr(self, argument):
                raise InputError(
                    argument,
                    "is 0; a cross-entropy has no minimum where the classes can be separated: "
                    "give a small number as 1e-6, or 'auto'",
                )

    @property
    def rows(self) -> int:
        """Number of rows that the largest cell and the test block take."""
        return int(max(self.n) + max(self.N) + self.test)

    @property
    def levels(self) -> int:
        """Number of noise levels."""
        return len(self.noise_levels)

    @property
    def chosen(self) -> bool:
        """Whether a strong model chooses its ridge."""
        return "auto" in self.ridge_strong

    def curves(self, teachers: Iterable[str]) -> list[Curve]:
        """List all curves of the run."""
        lists = (teachers, self.noise_levels, self.ridge_weak, self.ridge_strong)
        return [Curve(*values) for values in product(*lists)]

    def check_rows(self, rows: int, unused: int = 0) -> None:
        """Refuse a run whose largest cell and test block do not fit into the rows.

        A split may have to leave some of them `unused`, so that it divides no group.
        """
        if self.rows + unused > rows:
            more = f", {unused:,} more for the largest group," if unused else ""
            raise InputError(
                "n",
                f"max n + max N + test = {max(self.n):,} + {max(self.N):,} + {self.test:,} = "
                f"{self.rows:,} rows are needed{more} and there are {rows:,}; lower one of them",
            )
        for student in set(self.students) & set(STUDENTS):
            most, largest = STUDENTS[student].most, max(self.n) + max(self.N)
            if most is not None and largest > most:
                raise InputError(
                    "students",
                    f"name {student!r}, which looks at {most:,} labels and pseudo-labels at most; "
                    f"max n + max N is {largest:,}",
                )
        if "auto" in (*self.ridge_weak, *self.ridge_strong) and min(self.n) < LEAST_LABELS_AUTO:
            raise InputError(
                "n",
                f"is {min(self.n)}; ridge 'auto' (leave-one-out) needs at least "
                f"{LEAST_LABELS_AUTO} labels",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return what replays the run as JSON types; a list of one ridge as the ridge."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        if self.stream == STREAMS[0]:
            del found["stream"]  # where rows were is a fact of theirs
        if self.components_sample is None:
            del found["components_sample"]
        for name in ("ridge_weak", "ridge_strong"):
            found[name] = found[name][0] if len(found[name]) == 1 else found[name]
        return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}


OPTIONS: Mapping[str, Field[Any]] = {one.name: one for one in fields(Settings)}
"""Name → declaration of every setting: ``metadata`` has its words and its kind."""

DRAWN = tuple(name for name, one in OPTIONS.items() if one.metadata["drawn"])
"""Settings that go with a population."""
