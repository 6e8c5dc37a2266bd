"""Training: the one loop, evaluation, and the run folder; the same for every backend."""
