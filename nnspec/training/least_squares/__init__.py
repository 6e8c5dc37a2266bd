"""Closed-form solution and analysis of linear models with a squared loss."""
