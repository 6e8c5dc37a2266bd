"""Kernels of the fast engine, one kin of layers a file."""
