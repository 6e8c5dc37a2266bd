"""Text of the arithmetic of backpropagation; long arithmetic is reduced to its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

import numpy as np

from nnspec.analysis.backprop.activations import activation_formula, has_elementwise_formula
from nnspec.analysis.backprop.trace import Backprop, LayerTrace, OutputTrace
from nnspec.backends.arrays import Array
from nnspec.cli.render.numbers import INDENT, ROOM, factor, number, numbers, table, weighted_sum
from nnspec.components.layers.activations import PReLU, Softmax
from nnspec.components.layers.dense import Dense

_MAX_LINES = 12  # of arithmetic for one symbol


def forward(layer: LayerTrace) -> Iterator[str]:
    """Lines of the forward pass of a layer: z and a."""
    yield _title(layer)
    if layer.activations or _is_dense(layer):
        yield from _labelled_lines(f"z({layer.k})", _z(layer))
    yield from _labelled_lines(f"a({layer.k})", _a(layer))


def backward(trace: Backprop, layer: LayerTrace) -> Iterator[str]:
    """Lines of the backward pass of a layer: delta and the gradients."""
    yield _title(layer)
    yield from _labelled_lines(f"delta({layer.k})", _delta(trace, layer))
    gradients = dict(layer.gradients)
    if _is_dense(layer) and not layer.is_shared:
        node = layer.nodes[0]
        own = [gradients.pop(node.weight_name(name)) for name in node.weights]
        yield from _labelled_lines(f"dL/dw({layer.reads[0]})", _dense_gradients(layer, *own))
    for name, gradient in gradients.items():
        yield labelled_line(f"dL/d{name.rpartition('/')[2]}", numbers(gradient))


def labelled_line(symbol: str, text: str) -> str:
    """A line with a symbol in its own column."""
    return f"  {symbol.ljust(INDENT - 3)} {text}"


def _labelled_lines(symbol: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield labelled_line(symbol, line)
        symbol = ""


def _title(layer: LayerTrace) -> str:
    """`layer 2: dense, sigmoid`; `layer 4: add of layers 2 and 3` where those are not before it."""
    names = [layer.name, *(one.kind for one in layer.activations if one.kind != layer.name)]
    reads = "" if layer.reads == (layer.k - 1,) else f" of {_listed(layer.reads)}"
    return f"layer {layer.k}: {', '.join(names)}{reads}"


def _listed(reads: Sequence[int]) -> str:
    """`layer 2`, `layers 2 and 3`."""
    *others, last = map(str, reads)
    return f"layers {', '.join(others)} and {last}" if others else f"layer {last}"


def _if_short(lines: Sequence[str], values: Array) -> Sequence[str]:
    """The lines, wrapped, if they are at most `_MAX_LINES`; else the values alone."""
    wrapped = [part for line in lines for part in wrap(line, ROOM, subsequent_indent="    ")]
    return wrapped if 0 < len(wrapped) <= _MAX_LINES else [numbers(values)]


def _is_dense(layer: LayerTrace) -> bool:
    """Whether the layer computes z = x W + b for a vector x."""
    return isinstance(layer.nodes[0].layer, Dense) and layer.inputs[0].ndim == 1


def _is_short(values: Array) -> bool:
    return values.ndim == 1 and values.size <= _MAX_LINES


def _numbered(symbol: str, values: Sequence[str]) -> list[str]:
    """Equations `z1 = ...`, `z2 = ...`."""
    return [f"{symbol}{unit} = {value}" for unit, value in enumerate(values, start=1)]


# ---------------------------------------------------------------- forward


def _z(layer: LayerTrace) -> Sequence[str]:
    """z_l = w_l0 + sum_j w_lj a_j."""
    if not _is_dense(layer) or not _is_short(layer.z) or not _is_short(layer.inputs[0]):
        return [numbers(layer.z)]
    node = layer.nodes[0]
    kernel, *bias = (layer.weights[node.weight_name(name)] for name in node.weights)
    times = ["", *(f"*{factor(a)}" for a in layer.inputs[0])][1 - len(bias) :]
    sums = [
        weighted_sum(zip(column, times, strict=True)) for column in np.vstack([*bias, kernel]).T
    ]
    return _if_short(_numbered("z", _equations(sums, layer.z)), layer.z)


def _a(layer: LayerTrace) -> Sequence[str]:
    """a_l = g(z_l)."""
    if not layer.activations:
        return ["a = z"] if _is_dense(layer) else [numbers(layer.a)]
    if len(layer.activations) > 1 or not _is_short(layer.z):
        return [numbers(layer.a)]
    return _if_short(_numbered("a", _equations(_activation_terms(layer), layer.a)), layer.a)


def _activation_terms(layer: LayerTrace) -> list[str]:
    """Terms such as `sigmoid(0.2)`; a softmax is written as a quotient of exponentials."""
    (activation,) = layer.activations
    if not isinstance(activation, Softmax):
        return [f"{activation.kind}({number(z)})" for z in layer.z]
    exponentials = [f"e^{factor(z)}" for z in layer.z]
    return [f"{term} / ({' + '.join(exponentials)})" for term in exponentials]


def _equations(terms: Sequence[str], values: Array) -> list[str]:
    return [f"{term} = {number(value)}" for term, value in zip(terms, values, strict=True)]


# ---------------------------------------------------------------- backward


def _delta(trace: Backprop, layer: LayerTrace) -> Sequence[str]:
    """delta = dL/da g'(z), with dL/da from the only layer that reads a, or from the loss."""
    if not _is_short(layer.z) or (layer.output is None and layer.reader is None):
        return [numbers(layer.delta)]
    if layer.output is not None:
        output = trace.output(layer.output)
        if output.gradient is None:
            return _if_short(_errors(layer, output), layer.delta)
        outer = _loss_derivatives(layer, output)
    else:
        outer = _weighted_deltas(trace.layer(layer.reader or 0))
    inner = _activation_derivatives(layer)
    terms = [f"{left}{right}" for left, right in zip(outer, inner, strict=False)]
    return _if_short(
        _numbered("delta", _equations(terms, layer.delta)) if terms else [], layer.delta
    )


def _errors(layer: LayerTrace, output: OutputTrace) -> list[str]:
    """delta = a - y, if the derivatives of the loss and its fused activation reduce to that."""
    a, delta = layer.a, layer.delta
    y = output.y if output.y.shape == a.shape else np.arange(a.size) == output.y
    if not np.allclose(delta, a - y, rtol=1e-9, atol=1e-12):
        return []
    terms = [
        f"a{unit} - y{unit} = {number(one)} - {factor(other)}"
        for unit, (one, other) in enumerate(zip(a, y, strict=True), start=1)
    ]
    return _numbered("delta", _equations(terms, delta))


def _loss_derivatives(layer: LayerTrace, output: OutputTrace) -> list[str]:
    """dL/da of each unit of an output."""
    if output.gradient is None or not layer.activations:
        return [f"dL/da{unit + 1}" for unit in range(layer.z.size)]
    return [number(derivative) for derivative in output.gradient]


def _weighted_deltas(following: LayerTrace) -> list[str]:
    """dL/da_j = sum_l w_lj delta_l over the units l of the following layer, for each unit j."""
    if not _is_dense(following) or not _is_short(following.z):
        return []
    times = [f"*{factor(delta)}" for delta in following.delta]
    kernel = following.weights[following.nodes[0].weight_name("kernel")]
    return [f"({weighted_sum(zip(row, times, strict=True))})" for row in kernel]


def _activation_derivatives(layer: LayerTrace) -> list[str]:
    """g'(z) of each unit; empty unless g is one elementwise function."""
    if not layer.activations:
        return [""] * layer.z.size
    (first, *more), node = layer.activations, layer.nodes[-1]
    if more or not has_elementwise_formula(first):
        return []
    weights = (
        {"alpha": layer.weights[node.weight_name("alpha")]} if isinstance(first, PReLU) else {}
    )
    derivatives = activation_formula(first, layer.z, **weights)[1]
    return [f" * {factor(derivative)}" for derivative in derivatives]


def _dense_gradients(layer: LayerTrace, kernel: Array, *bias: Array) -> list[str]:
    """dL/dw_lj = delta_l a_j, with a_0 = 1 for the bias."""
    matrix = np.vstack([*bias, kernel])
    inputs = np.append(np.ones(len(bias)), layer.inputs[0])
    first = 1 - len(bias)  # the bias is w_l0
    if matrix.size <= _MAX_LINES:
        return [
            _gradient(unit, j + first, layer.delta[unit], inputs[j], gradient)
            for unit, column in enumerate(matrix.T)
            for j, gradient in enumerate(column)
        ]
    rows = [f"a{j + first}" if j + first else "bias" for j in range(len(matrix))]
    return table(matrix, rows, [f"delta{unit + 1}" for unit in range(matrix.shape[1])])


def _gradient(unit: int, j: int, delta: float, a: float, gradient: float) -> str:
    """`w11: delta1*a1 = -0.7*0.5498 = -0.3849`; the rest of the gradient is the penalty's."""
    rest = gradient - delta * a
    penalty = f" + {factor(rest)} (penalty)" if abs(rest) > 1e-12 * abs(gradient) else ""
    product = f" = {number(delta)}*{factor(a)}" if j else f" = {number(delta)}" if penalty else ""
    symbols = f"delta{unit + 1}*a{j}" if j else f"delta{unit + 1}"
    name = f"w{unit + 1}{',' if j > 9 else ''}{j}"
    return f"{name}: {symbols}{product}{penalty} = {number(gradient)}"
