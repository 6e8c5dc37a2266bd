"""Trackers: where the curves of a run are kept besides its folder."""

MODULES = {"mlflow": "mlflow", "tensorboard": "tensorboard"}
