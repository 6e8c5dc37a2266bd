"""Callbacks: what looks at each epoch of a training, and may end it."""

MODULES = {
    "learning_rate_monitor": "learning_rate_monitor",
    "weight_norm_monitor": "weight_norm_monitor",
}
