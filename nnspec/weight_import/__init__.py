"""Weights of networks of Keras and PyTorch: their files, their layers, and a spec's layers."""
