"""Learning-rate schedules: the rate as a function of the number of updates, or of metrics."""

from __future__ import annotations

MODULES = {
    "cosine_decay": "cosine",
    "cosine_decay_restarts": "cosine",
    "exponential_decay": "decay",
    "inverse_time_decay": "decay",
    "one_cycle": "cosine",
    "piecewise_constant_decay": "decay",
    "polynomial_decay": "decay",
    "reduce_on_plateau": "plateau",
    "warmup": "warmup",
}
