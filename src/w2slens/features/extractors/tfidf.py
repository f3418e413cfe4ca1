"""TF-IDF cut to its leading singular directions: the classical map of texts."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError


@dataclass(frozen=True)
class TfidfSvd:
    """TF-IDF weights of words and their runs, then a truncated SVD; learnt from the texts."""

    dimensions: int = 100  # singular directions that are kept
    ngrams: int = 1  # longest run of words that counts as a term
    least: int = 2  # texts in which a term must occur
    seed: int = 0  # of the randomised SVD
    kind: ClassVar[str] = "text"

    def fit(self, examples: Iterable[Any]) -> "FittedTfidf":
        """Learn terms, weights and directions from all texts."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        terms = TfidfVectorizer(ngram_range=(1, self.ngrams), min_df=self.least)
        try:
            weights = terms.fit_transform(examples)
        except ValueError as error:
            raise InputError("model", f"'tfidf' finds no terms in these texts ({error})") from None
        texts, width = weights.shape
        most = min(texts, width - 1)
        if self.dimensions > most:
            raise InputError(
                "dimensions",
                f"is {self.dimensions}; {texts:,} texts with {width:,} terms have at most {most:,}",
            )
        directions = TruncatedSVD(self.dimensions, random_state=self.seed).fit(weights)
        return FittedTfidf(self, terms, directions)

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float64]:
        """Map texts by what they themselves teach."""
        return self.fit(examples)(examples)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": "tfidf", **asdict(self)}


@dataclass(frozen=True, eq=False)
class FittedTfidf:
    """`TfidfSvd` after it has seen its texts."""

    settings: TfidfSvd
    terms: Any
    directions: Any
    kind: ClassVar[str] = "text"

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float64]:
        """Map texts to scores along the directions."""
        return np.asarray(self.directions.transform(self.terms.transform(examples)))

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return self.settings.describe()
