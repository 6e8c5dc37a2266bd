"""Run folders: files, checkpoints, trained networks."""
