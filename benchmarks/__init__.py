"""Benchmarks of nnspec's backends against hand-written PyTorch, Keras and scikit-learn.

    python -m benchmarks [--only mlp,cnn] [--implementations numpy,eager] [--coretype Haswell]

Every implementation runs in its own process, so that threads and settings do not interfere. The
processes take turns, so that other load on the machine affects all of them; between its turns a
process is stopped, so that none of its threads spins.
"""
