"""Writers of the trackers of a spec: the metrics of a run, for TensorBoard and MLflow."""
