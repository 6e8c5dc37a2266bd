"""Measurements, side by side; each prints ratios. They take minutes and are no tests.

    python -m benchmarks [--only mlp,cnn] [--contestants numpy,eager] [--coretype Haswell]

Every contestant lives in a process of its own and they take turns, so that neither threads nor
settings of one meet another's, and what else the machine does falls on all of them. Between its
turns a process is stopped, so that no thread of it spins.
"""
