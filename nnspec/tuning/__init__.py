"""Hyperparameter tuning by cross-validation: studies, trials and worker processes."""
