"""What is tested of a trained network besides its figures: the items of `expect: behaviour`."""

from __future__ import annotations

MODULES = {
    "class_recall": "classes",
    "invariance": "invariance",
    "monotonicity": "monotonicity",
    "overfits_one_batch": "trainings",
    "predicted_share": "classes",
    "shuffled_targets": "trainings",
}
