"""What notebooks show of networks and runs: HTML in which every text is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

from nnspec.api.curves import curves_svg

_CELL = 'style="text-align: right; padding: 0 1em"'


def network_html(table: str, svg: str) -> str:
    """The summary table of a network, and its picture, which is folded."""
    picture = f"<details><summary>picture</summary>{_image(svg, 'the network')}</details>"
    return f"<pre>{escape(table)}</pre>{picture}"


def run_html(
    title: str, metrics: Mapping[str, Mapping[str, float]], history: Mapping[str, Sequence[float]]
) -> str:
    """The metrics of a run as a table, and the loss of each epoch as curves."""
    curves = {name: history[name] for name in ("loss", "val_loss") if name in history}
    picture = _image(curves_svg(curves), "the loss of each epoch") if curves else ""
    return f"<p>{escape(title)}</p>{_metrics(metrics)}{picture}"


def _metrics(metrics: Mapping[str, Mapping[str, float]]) -> str:
    names = list(dict.fromkeys(name for part in metrics.values() for name in part))
    head = "".join(f"<th {_CELL}>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{escape(part)}</th>{''.join(_number(values.get(name)) for name in names)}</tr>"
        for part, values in metrics.items()
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def _number(value: float | None) -> str:
    return f"<td {_CELL}>{'' if value is None else f'{value:.4g}'}</td>"


def _image(svg: str, what: str) -> str:
    """A picture whose styles are its own, in light and in dark pages."""
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{escape(what)}" src="data:image/svg+xml;base64,{data}">'
