"""Training: the training loop, evaluation and checks, the same for every backend."""
