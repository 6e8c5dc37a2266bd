"""The arithmetic of backpropagation, written out while it is short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

import numpy as np

from nnspec.analysis.backprop.activations import activation_formula, is_known
from nnspec.analysis.backprop.trace import Backprop, LayerTrace
from nnspec.backends.contract import Array
from nnspec.cli.render.numbers import INDENT, ROOM, factor, number, numbers, table, total
from nnspec.components.layers.activations import PReLU, Softmax
from nnspec.components.layers.dense import Dense

_MOST = 12  # lines of arithmetic for one symbol


def forward(layer: LayerTrace) -> Iterator[str]:
    """z and a of a layer."""
    yield _title(layer)
    if layer.activations or _is_dense(layer):
        yield from _block(f"z({layer.k})", _z(layer))
    yield from _block(f"a({layer.k})", _a(layer))


def backward(found: Backprop, index: int) -> Iterator[str]:
    """delta and the gradients of a layer."""
    layer = found.layers[index]
    yield _title(layer)
    yield from _block(f"delta({layer.k})", _delta(found, index))
    gradients = dict(layer.gradients)
    if _is_dense(layer):
        own = [gradients.pop(f"{layer.nodes[0].name}/{name}") for name in layer.nodes[0].weights]
        yield from _block(f"dL/dw({layer.k - 1})", _dense_gradients(layer, *own))
    for name, gradient in gradients.items():
        yield block(f"dL/d{name.partition('/')[2]}", numbers(gradient))


def block(symbol: str, text: str) -> str:
    """A symbol, and what it is."""
    return f"  {symbol.ljust(INDENT - 2)}{text}"


def _block(symbol: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield block(symbol, line)
        symbol = ""


def _title(layer: LayerTrace) -> str:
    """`layer 2: dense, sigmoid`."""
    names = [layer.name, *(one.kind for one in layer.activations if one.kind != layer.name)]
    return f"layer {layer.k}: {', '.join(names)}"


def _short(lines: Sequence[str], values: Array) -> Sequence[str]:
    """The lines, broken where a terminal ends, while they are few; else the numbers alone."""
    broken = [part for line in lines for part in wrap(line, ROOM, subsequent_indent="    ")]
    return broken if 0 < len(broken) <= _MOST else [numbers(values)]


def _is_dense(layer: LayerTrace) -> bool:
    return isinstance(layer.nodes[0].layer, Dense)


def _is_short(values: Array) -> bool:
    return values.ndim == 1 and values.size <= _MOST


def _named(symbol: str, values: Sequence[str]) -> list[str]:
    """`z1 = ...`, `z2 = ...`."""
    return [f"{symbol}{unit} = {value}" for unit, value in enumerate(values, start=1)]


# ---------------------------------------------------------------- forward


def _z(layer: LayerTrace) -> Sequence[str]:
    """z_l = w_l0 + sum_j w_lj a_j."""
    if not _is_dense(layer) or not _is_short(layer.z) or not _is_short(layer.reads):
        return [numbers(layer.z)]
    kernel, *bias = (layer.weights[f"{layer.nodes[0].name}/{n}"] for n in layer.nodes[0].weights)
    times = ["", *(f"*{factor(a)}" for a in layer.reads)][1 - len(bias) :]
    sums = [total(zip(column, times, strict=True)) for column in np.vstack([*bias, kernel]).T]
    return _short(_named("z", _equal(sums, layer.z)), layer.z)


def _a(layer: LayerTrace) -> Sequence[str]:
    """a_l = g(z_l)."""
    if not layer.activations:
        return ["a = z"] if _is_dense(layer) else [numbers(layer.a)]
    if len(layer.activations) > 1 or not _is_short(layer.z):
        return [numbers(layer.a)]
    return _short(_named("a", _equal(_called(layer), layer.a)), layer.a)


def _called(layer: LayerTrace) -> list[str]:
    """`sigmoid(0.2)`, and a softmax as the quotient that it is."""
    (activation,) = layer.activations
    if not isinstance(activation, Softmax):
        return [f"{activation.kind}({number(z)})" for z in layer.z]
    powers = [f"e^{factor(z)}" for z in layer.z]
    return [f"{power} / ({' + '.join(powers)})" for power in powers]


def _equal(terms: Sequence[str], values: Array) -> list[str]:
    return [f"{term} = {number(value)}" for term, value in zip(terms, values, strict=True)]


# ---------------------------------------------------------------- backward


def _delta(found: Backprop, index: int) -> Sequence[str]:
    """delta = dL/da g'(z), where dL/da comes from the layer after it, or from the loss."""
    layer, is_last = found.layers[index], index + 1 == len(found.layers)
    if not _is_short(layer.z):
        return [numbers(layer.delta)]
    if is_last and found.slope is None:
        return _short(_errors(found), layer.delta)
    outer = _slopes_of_loss(found) if is_last else _sums(found.layers[index + 1])
    inner = _slopes(layer)
    terms = [f"{left}{right}" for left, right in zip(outer, inner, strict=False)]
    return _short(_named("delta", _equal(terms, layer.delta)) if terms else [], layer.delta)


def _errors(found: Backprop) -> list[str]:
    """a - y, where that is what the slopes of the loss and of its activation make together."""
    a, delta = found.layers[-1].a, found.layers[-1].delta
    y = found.y if found.y.shape == a.shape else np.arange(a.size) == found.y
    if not np.allclose(delta, a - y, rtol=1e-9, atol=1e-12):
        return []
    terms = [
        f"a{unit} - y{unit} = {number(one)} - {factor(other)}"
        for unit, (one, other) in enumerate(zip(a, y, strict=True), start=1)
    ]
    return _named("delta", _equal(terms, delta))


def _slopes_of_loss(found: Backprop) -> list[str]:
    """dL/da of each output."""
    last = found.layers[-1]
    if found.slope is None or not last.activations:
        return [f"dL/da{unit + 1}" for unit in range(last.z.size)]
    return [number(slope) for slope in found.slope]


def _sums(after: LayerTrace) -> list[str]:
    """dL/da_j = sum_l w_lj delta_l over the units of the next layer, for each unit before it."""
    if not _is_dense(after) or not _is_short(after.z):
        return []
    times = [f"*{factor(delta)}" for delta in after.delta]
    kernel = after.weights[f"{after.nodes[0].name}/kernel"]
    return [f"({total(zip(row, times, strict=True))})" for row in kernel]


def _slopes(layer: LayerTrace) -> list[str]:
    """g'(z) of each unit; none where a unit's output depends on other units too."""
    if not layer.activations:
        return [""] * layer.z.size
    (first, *more), node = layer.activations, layer.nodes[-1]
    if more or not is_known(first):
        return []
    weights = {"alpha": layer.weights[f"{node.name}/alpha"]} if isinstance(first, PReLU) else {}
    return [f" * {factor(slope)}" for slope in activation_formula(first, layer.z, **weights)[1]]


def _dense_gradients(layer: LayerTrace, kernel: Array, *bias: Array) -> list[str]:
    """dL/dw_lj = delta_l a_j, with a_0 = 1 for the bias."""
    matrix = np.vstack([*bias, kernel])
    reads = np.append(np.ones(len(bias)), layer.reads)
    first = 1 - len(bias)  # the bias is w_l0
    if matrix.size <= _MOST:
        return [
            _gradient(unit, j + first, layer.delta[unit], reads[j], gradient)
            for unit, column in enumerate(matrix.T)
            for j, gradient in enumerate(column)
        ]
    rows = [f"a{j + first}" if j + first else "bias" for j in range(len(matrix))]
    return table(matrix, rows, [f"delta{unit + 1}" for unit in range(matrix.shape[1])])


def _gradient(unit: int, j: int, delta: float, a: float, gradient: float) -> str:
    """`w11: delta1*a1 = -0.7*0.5498 = -0.3849`; what the product lacks is the penalty's."""
    more = gradient - delta * a
    penalty = f" + {factor(more)} (penalty)" if abs(more) > 1e-12 * abs(gradient) else ""
    product = f" = {number(delta)}*{factor(a)}" if j else f" = {number(delta)}" if penalty else ""
    symbols = f"delta{unit + 1}*a{j}" if j else f"delta{unit + 1}"
    name = f"w{unit + 1}{',' if j > 9 else ''}{j}"
    return f"{name}: {symbols}{product}{penalty} = {number(gradient)}"
