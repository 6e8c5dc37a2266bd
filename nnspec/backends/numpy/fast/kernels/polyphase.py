"""Polyphase decomposition of a convolution's input gradient.

Places of x that leave one remainder modulo the stride are read by the same taps. At such places dx
is a correlation of dy, padded with zeros, with these taps of the flipped kernel: a sum of products
instead of scattered additions, one for each tap.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from nnspec.backends.numpy.windows import Slices, Windows
from nnspec.options.types import Shape


class AxisPhase(NamedTuple):
    """Places of one axis of x with the same remainder, and what they read."""

    places: slice  # of x
    windows: int  # as many as places
    start: int  # of the first window, in the padded dy
    taps: slice  # of the flipped kernel
    tap_count: int
    dilation: int

    @property
    def end(self) -> int:
        """The end of the last window in the padded dy."""
        return self.start + self.windows + (max(self.tap_count, 1) - 1) * self.dilation


class Phase(NamedTuple):
    """Places of x, the taps of the flipped kernel that read them, and the windows of dy."""

    places: Slices
    taps: Slices
    start: Slices  # the part of the padded dy in which the windows lie
    windows: Windows


class Polyphase(NamedTuple):
    """All phases of a convolution's input gradient, and the padding of dy."""

    phases: list[Phase]
    interior: Slices  # of the padded dy: dy itself
    padded_size: Shape

    @classmethod
    def of(cls, windows: Windows) -> Polyphase:
        """The phases of a convolution with these windows."""
        axes = range(len(windows.size))
        phases = [list(_axis_phases(windows, axis)) for axis in axes]
        before = [_reach(windows, axis) for axis in axes]
        interior = tuple(slice(n, n + windows.output[axis]) for axis, n in enumerate(before))
        ends = [max(phase.end for phase in of_axis) for of_axis in phases]
        size = tuple(max(end, span.stop) for end, span in zip(ends, interior, strict=True))
        return cls([_phase(of, windows) for of in product(*phases)], interior, size)


def _phase(axes: tuple[AxisPhase, ...], windows: Windows) -> Phase:
    read = windows._replace(
        size=tuple(axis.tap_count for axis in axes),
        strides=(1,) * len(axes),
        dilation=tuple(axis.dilation for axis in axes),
        output=tuple(axis.windows for axis in axes),
    )
    start = tuple(slice(axis.start, None) for axis in axes)
    return Phase(tuple(a.places for a in axes), tuple(a.taps for a in axes), start, read)


def _axis_phases(windows: Windows, axis: int) -> Iterator[AxisPhase]:
    """A phase for each remainder that places of an axis leave.

    Place p of the padded x gets dy[i] W[u] where i s + u d = p. For p = q s + r these are the taps
    u whose u d leaves the remainder r, each with window i = q - (u d - r) / s.
    """
    size, stride, dilation = windows.size[axis], windows.strides[axis], windows.dilation[axis]
    before, places = windows.pads[axis][0], windows.input[axis]
    for first in range(min(stride, places)):
        q, remainder = divmod(before + first, stride)
        taps = [u for u in range(size) if u * dilation % stride == remainder]
        back = [(u * dilation - remainder) // stride for u in taps] or [0]
        yield AxisPhase(
            places=slice(first, None, stride),
            windows=len(range(first, places, stride)),
            start=_reach(windows, axis) + q - back[-1],
            taps=_flipped(taps, size),
            tap_count=len(taps),
            dilation=back[1] - back[0] if len(back) > 1 else 1,
        )


def _flipped(taps: list[int], size: int) -> slice:
    """Equally spaced taps as a slice of the flipped kernel."""
    if not taps:
        return slice(0, 0)
    step = taps[1] - taps[0] if len(taps) > 1 else 1
    return slice(size - 1 - taps[-1], size - taps[0], step)


def _reach(windows: Windows, axis: int) -> int:
    """How many windows before the one that starts at a place may still read it."""
    return (windows.size[axis] - 1) * windows.dilation[axis] // windows.strides[axis]
