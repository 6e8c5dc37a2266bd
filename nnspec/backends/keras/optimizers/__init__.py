"""Keras optimizers whose update formulas equal the other backends'."""
