"""Examples to extract features from: images and texts, with their labels and row ids."""

from w2slens.features.corpora.coloured import coloured
from w2slens.features.corpora.corpus import BrokenExampleError, Corpus
from w2slens.features.corpora.hub import dataset_images, dataset_texts
from w2slens.features.corpora.images import bundled_images, folder_images, idx_images
from w2slens.features.corpora.phrases import sentence_groups, whole_sentences
from w2slens.features.corpora.texts import text_file

__all__ = [
    "BrokenExampleError",
    "Corpus",
    "bundled_images",
    "coloured",
    "dataset_images",
    "dataset_texts",
    "folder_images",
    "idx_images",
    "sentence_groups",
    "text_file",
    "whole_sentences",
]
