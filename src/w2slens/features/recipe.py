"""Recipes of features: which examples, which models, each into a store of its own."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from w2slens._core import check
from w2slens._core.cluster import Scheduler, connected
from w2slens._core.errors import InputError
from w2slens._core.types import Progress
from w2slens._core.yaml import complete, known_keys, located, read_recipe, within
from w2slens.features.corpora import Corpus
from w2slens.features.examples import examples_of
from w2slens.features.extract import extract
from w2slens.features.extractors import check_model, load_extractor

KEYS = ("images", "texts", "coloured", "rows", "models", "batch", "skip_broken", "out")
"""What a recipe of features may say."""

LONGEST_NAME = 200
"""Bytes of a store's name that every file system takes."""


@dataclass(frozen=True, eq=False)
class FeatureRecipe:
    """A validated recipe: the examples, and the models to run over them."""

    corpus: Corpus
    models: dict[str, tuple[str, dict[str, Any]]]  # name of the store → (model, settings)
    out: Path | None  # folder of the stores
    batch: int  # examples at a time
    skip: bool  # whether broken examples are left out

    def run(
        self,
        out: str | Path | None = None,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        scheduler: Scheduler | None = None,
    ) -> dict[str, Path]:
        """Extract all features, model by model: name → folder of its store, below `out`.

        `overwrite` begins anew where a folder holds a store; `progress` is called with (examples
        done, examples in all), an example of two models being two; the workers of a `scheduler`
        map the batches.
        """
        folder = self.out if out is None else Path(out)
        if folder is None or out == "":
            raise InputError("out", "is missing; name a folder for the features")
        whole = len(self.corpus) * len(self.models)
        with nullcontext() if scheduler is None else connected(scheduler) as cluster:
            return {
                name: extract(
                    self.corpus,
                    load_extractor(model, settings),
                    folder / name,
                    batch=self.batch,
                    skip=self.skip,
                    overwrite=overwrite,
                    progress=None if progress is None else partial(_move, progress, place, whole),
                    scheduler=cluster,
                )
                for place, (name, (model, settings)) in enumerate(self.models.items())
            }


def _move(progress: Progress, place: int, whole: int, done: int, examples: int) -> None:
    progress(place * examples + done, whole)


def load_feature_recipe(path: str | Path) -> FeatureRecipe:
    """Read a recipe of features and check it.

    Parameters
    ----------
    path
        A YAML file; relative paths in it are relative to its folder.

    Raises
    ------
    InputError
        If a key is unknown (the nearest is named) or a value cannot be.
    """
    path = Path(path)
    _, recipe = read_recipe(path)
    known_keys(recipe, KEYS, "")
    complete(recipe, ("models",), "")
    corpus = examples_of(recipe, path.parent)
    skip = recipe.get("skip_broken", False)
    if not isinstance(skip, bool):
        raise InputError("skip_broken", f"is {skip!r}; true or false is needed")
    out = recipe.get("out")
    return FeatureRecipe(
        corpus,
        _models(recipe["models"]),
        None if out is None else Path(located(out, "out", path.parent)),
        check.whole(recipe.get("batch", 64), "batch"),
        skip,
    )


def _models(given: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """Read name → a model, or name → {model: …, settings}."""
    if not isinstance(given, dict) or not given:
        raise InputError("models", f"is {given!r}; 'name: model' lines are needed")
    return {name: _model(name, value) for name, value in given.items()}


def _model(name: Any, value: Any) -> tuple[str, dict[str, Any]]:
    if not _is_file_name(name):
        raise InputError("models", f"names a store {name!r}; a plain word is needed")
    settings = dict(value) if isinstance(value, dict) else {"model": value}
    complete(settings, ("model",), f"models.{name}.")
    model = settings.pop("model")
    with within(f"models.{name}"):
        return model, check_model(model, settings)


def _is_file_name(name: Any) -> bool:
    """Whether a folder of this name lies in its parent, on any system."""
    if not isinstance(name, str) or not name.isprintable() or name.strip(". ") == "":
        return False
    return not set(name) & set("/\\:") and len(name.encode("utf-8", "replace")) <= LONGEST_NAME
