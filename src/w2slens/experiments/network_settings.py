"""`NetworkSettings`: everything that a run of fine-tuned networks is told, once.

Torch is not needed to read them: results of networks are shown where no network can be trained.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import Any, Literal, get_args

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Names, Numbers
from w2slens.experiments.declared import self_describing, told
from w2slens.experiments.settings import OPTIONS, Settings
from w2slens.models.students import LOSSES, W2S

CLASSES, NUMBERS = "cross-entropy", "squared"
"""What networks minimise on true labels: of classes, and of numbers."""

Adaptation = Literal["full", "lora", "head"]
ADAPTATIONS = get_args(Adaptation)
"""Which parameters are trained: all, low-rank additions to some matrices, or the head alone."""

Start = Literal["probe", "random"]
STARTS = get_args(Start)
"""The head before fine-tuning: fitted to the frozen features, or drawn."""

Labels = Literal["soft", "hard"]
LABELS = get_args(Labels)
"""What the student is taught: the teacher's probabilities, or the likelier class."""

Filter = Literal["none", "confident", "neighbours"]
FILTERS = get_args(Filter)
"""Which pseudo-labels are left out."""

Seen = Literal["frozen", "gradients"]
FEATURES = get_args(Seen)
"""What theory sees of a network: what its head sees, or its gradients."""

Average = Literal["none", "ema", "swa"]
AVERAGES = get_args(Average)
"""Means of the weights along the way."""


@self_describing
@dataclass(frozen=True, kw_only=True)
class NetworkSettings(Settings):
    """Everything that a run of networks is told, validated; every model is trained alike.

    Parameters
    ----------
    <settings>

    Raises
    ------
    InputError
        If a value cannot be, or two of them do not go together.

    Examples
    --------
    >>> NetworkSettings(n=100, N=500, task="classification", losses="logconf").students
    ('imitate',)
    """

    losses: Names = told(
        "how students learn from pseudo-labels; the first makes the W2S student, the others have "
        "columns of their own",
        "words",
        None,
    )
    labels: Labels = told("what students are taught: soft or hard pseudo-labels", LABELS, LABELS[0])
    adapt: Adaptation = told(
        "parameters that are trained: full, lora, head", ADAPTATIONS, ADAPTATIONS[0]
    )
    start: Start = told(
        "the head at the start: probe (of frozen features), random", STARTS, "probe"
    )
    steps: int = told("steps of the optimiser, the same number for every model", "whole", 250)
    batch: int = told("examples a step", "whole", 32)
    accumulate: int = told("parts that a batch is cut into, to save memory", "whole", 1)
    rates: Numbers = told(
        "learning rates; of several, every model takes its best by the labeled holdout",
        "numbers",
        (5e-5,),
    )
    decay: float = told("weight decay of AdamW", "number", 0.01)
    warmup: float = told("share of the steps in which the rate rises", "number", 0.1)
    holdout: float = told(
        "share of the n labels by which every model chooses its checkpoint and rate; 0 takes the "
        "last checkpoint",
        "number",
        0.2,
    )
    checks: int = told("looks at the holdout along the way", "whole", 5)
    patience: int = told("looks without a gain after which a model stops early", "whole", 5)
    lora_rank: int = told("rank of the additions of LoRA", "whole", 8)
    lora_targets: Names = told("endings of the names of the modules they go to", "words", None)
    filter: Filter = told("which pseudo-labels are left out", FILTERS, FILTERS[0])
    keep: float = told("share of the pseudo-labels that a filter keeps", "number", 0.5)
    rounds: int = told("further rounds in which the student teaches a fresh one", "whole", 0)
    average: Average = told(
        "mean of the weights along the way: none, ema, swa", AVERAGES, AVERAGES[0]
    )

    predict_from: Seen = told(
        "features that predictions are made from: frozen ones, or gradients by what is trained",
        FEATURES,
        FEATURES[0],
    )
    gradient_dimensions: int = told("coordinates of the projected gradients", "whole", 512)

    def __post_init__(self) -> None:
        own = CLASSES if self.task == "classification" else NUMBERS
        object.__setattr__(self, "loss", own)
        given = check.several(self.losses or own, "losses", _known(self.task), "loss")
        object.__setattr__(self, "losses", given)
        object.__setattr__(self, "students", (W2S,))
        super().__post_init__()
        object.__setattr__(self, "students", (W2S, *given[1:]))
        object.__setattr__(self, "rates", check_rates(self.rates, "rates"))
        for name in ("labels", "adapt", "start", "filter", "average", "predict_from"):
            check.choice(getattr(self, name), name, NETWORK_OPTIONS[name].metadata["kind"])
        for name, least in (("steps", 1), ("batch", 1), ("accumulate", 1), ("checks", 1)):
            check.whole(getattr(self, name), name, least)
        check.whole(self.rounds, "rounds", 0)
        check.whole(self.gradient_dimensions, "gradient_dimensions", 1, 2**16)
        check.whole(self.patience, "patience", 1)
        check.whole(self.lora_rank, "lora_rank", 1)
        for name in ("warmup", "holdout"):
            _share(getattr(self, name), name, below=True)
        _share(self.keep, "keep", below=False)
        check.non_negative(self.decay, "decay")
        self._check_together()

    def _check_together(self) -> None:
        if self.task != "classification" and (self.labels, self.filter) != ("soft", "none"):
            raise InputError("task", "is regression; hard labels and filters go with classes only")
        if self.accumulate > self.batch:
            raise InputError("accumulate", f"is {self.accumulate}; a batch has {self.batch}")
        if self.holdout and int(self.holdout * min(self.n)) < 2:
            raise InputError(
                "holdout",
                f"is {self.holdout:g} of n = {min(self.n)}; two labels are needed, or 0 for none",
            )
        if len(self.rates) > 1 and not self.holdout:
            raise InputError("rates", "are several; without a holdout none of them can be chosen")

    def _check_cross_entropy(self) -> None:
        """Networks have no ridge that would have to be positive."""

    def held(self, n: int) -> int:
        """How many of n labels are held out to choose by."""
        return int(self.holdout * n)


NETWORK_OPTIONS: dict[str, Field[Any]] = {
    one.name: one for one in fields(NetworkSettings) if one.name not in OPTIONS
}
"""Name → declaration of what networks are told besides."""

SHARED = ("n", "N", "trials", "task", "test", "ceiling", "metric", "seed")
"""Settings of all runs that networks have, too."""


def _known(task: Any) -> Any:
    names = [name for name in LOSSES if (name == NUMBERS) == (task != "classification")]

    def known(value: Any, argument: str) -> str:
        check.choice(value, argument, names)
        return str(value)

    return known


def check_rates(given: Any, argument: str) -> tuple[float, ...]:
    """Read one or several learning rates."""
    return tuple(check.several(given, argument, _rate, "rate"))


def _rate(value: Any, argument: str) -> float:
    rate = check.non_negative(value, argument)
    if not rate:
        raise InputError(argument, "is 0; a positive number is needed")
    return rate


def _share(value: Any, name: str, *, below: bool) -> float:
    share = check.non_negative(value, name)
    if share > 1 or (below and share == 1) or (not below and not share):
        raise InputError(name, f"is {value!r}; a share {'below' if below else 'up to'} 1 is needed")
    return share
