"""The names of the files in a run folder."""

from __future__ import annotations

SPEC = "spec.yaml"  # a folder with this file is a run
PREPROCESSING = "preprocessing.json"
METRICS = "metrics.json"
ENVIRONMENT = "environment.json"
HISTORY = "history.csv"
WEIGHTS = "weights.safetensors"
BEST = "best.safetensors"  # the weights of the epoch that `train.checkpoint` finds best
MANIFEST = "manifest.json"
CHECKPOINTS, NEWEST_CHECKPOINT = "checkpoint", "state.safetensors"  # a folder, and a file in it

FILES = (
    SPEC, PREPROCESSING, METRICS, ENVIRONMENT, HISTORY, WEIGHTS, BEST,
    f"{CHECKPOINTS}/{NEWEST_CHECKPOINT}", MANIFEST,
)  # fmt: skip
