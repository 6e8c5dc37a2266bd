"""What arrays hold instead of real numbers, as messages say it, by NumPy's type codes."""

from __future__ import annotations

from typing import NamedTuple


class OtherKind(NamedTuple):
    """What an array holds, and what to do about it."""

    name: str
    hint: str


OTHER_KINDS = {
    "c": OtherKind("complex numbers", "take their real parts, or both parts as columns"),
    "m": OtherKind("time spans", "turn them into numbers"),
    "M": OtherKind("dates", "turn them into numbers"),
    "O": OtherKind("objects", "all rows need as many numbers; pickled objects are never read"),
    "S": OtherKind("text", "turn it into numbers"),
    "U": OtherKind("text", "turn it into numbers"),
    "V": OtherKind("records", "take one of their fields"),
}
LONG_FLOATS = OtherKind("floats of more than 64 bits", "save them as float64")
