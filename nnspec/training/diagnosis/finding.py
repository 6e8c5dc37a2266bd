"""What a diagnosis says: the cause of a divergence, where it is, and what to change."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.errors import Problem, SourceSpan
from nnspec.graph.ir import Path
from nnspec.spec.document import Spec


class Finding(NamedTuple):
    """A cause, in words and in values; `path` leads to what is to be changed in the spec."""

    cause: str  # such as `learning-rate`
    message: str
    hint: str
    path: Path
    layer: str | None = None  # by its name in the spec
    column: str | None = None
    row: str | None = None  # such as `houses.csv:9`
    place: SourceSpan | None = None  # of the row, where the spec itself holds it

    def plain(self) -> dict[str, Any]:
        """The finding as `diagnosis` in `run --json`."""
        values = self._asdict()
        del values["path"], values["place"]
        return values

    def problem(self, spec: Spec, message: str) -> Problem:
        """The divergence, of which `message` says when it showed, at what is to be changed."""
        cause = f": {self.message}" if self.message else ""
        text = f"training diverged: {message}{cause}"
        return Problem(text, self.place or spec.locate(*self.path), self.hint, code="diverged")
