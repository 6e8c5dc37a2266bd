"""Augmentation: random changes of prepared training rows, drawn anew in each epoch."""
