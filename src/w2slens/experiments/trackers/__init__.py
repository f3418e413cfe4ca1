"""Trackers of experiments: MLflow, Weights & Biases, TensorBoard, or one of your own."""

from w2slens.experiments.trackers.mlflow import MLflow
from w2slens.experiments.trackers.tensorboard import TensorBoard
from w2slens.experiments.trackers.tracker import Tracker
from w2slens.experiments.trackers.wandb import WeightsAndBiases

__all__ = ["MLflow", "TensorBoard", "Tracker", "WeightsAndBiases"]
