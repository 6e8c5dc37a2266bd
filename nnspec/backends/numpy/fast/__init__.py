"""The fast engine of the NumPy backend: kernels over blocks of rows, run by a few threads."""
