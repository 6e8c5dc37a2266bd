"""Distributions from which weights are initialized."""

from __future__ import annotations

MODULES = {
    "constant": "constant",
    "filters": "literal",
    "glorot_normal": "variance_scaling",
    "glorot_uniform": "variance_scaling",
    "he_normal": "variance_scaling",
    "he_uniform": "variance_scaling",
    "identity": "matrix",
    "lecun_normal": "variance_scaling",
    "lecun_uniform": "variance_scaling",
    "ones": "constant",
    "orthogonal": "matrix",
    "random_normal": "random",
    "random_uniform": "random",
    "truncated_normal": "random",
    "values": "literal",
    "variance_scaling": "variance_scaling",
    "zeros": "constant",
}
