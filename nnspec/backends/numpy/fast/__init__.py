"""The fast engine of the NumPy backend: kernels on blocks of rows, run by a thread pool."""
