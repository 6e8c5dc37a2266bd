"""Trackers at work: the metrics of a run, written for TensorBoard and MLflow."""
