"""Runs: training to a run folder, its files and checkpoints, and reopening a trained run."""
