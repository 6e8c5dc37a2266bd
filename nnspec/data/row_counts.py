"""How many rows of a source were read and used, and which were refused."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.data.dataset import PreparedSplits
from nnspec.data.rows import Refusal
from nnspec.data.splits import Splits

_MAX_NAMED = 3  # refused rows in a line of text
_MAX_KEPT = 100  # and in a run's results


class RowCounts(NamedTuple):
    """The number of rows that are used, and the rows of the source that are not."""

    used: int
    refused: tuple[Refusal, ...] = ()

    @classmethod
    def of(cls, splits: Splits | PreparedSplits) -> RowCounts:
        """The rows of all parts together."""
        return cls(sum(rows.rows for rows in splits.parts()), splits.refused)

    def plain(self) -> dict[str, Any]:
        """Values for `metrics.json`: `read` is `used` and `refused` together."""
        counts = {"read": self.used + len(self.refused), "used": self.used}
        listed = [f"{place}: {reason}" for place, reason in self.refused[:_MAX_KEPT]]
        return {**counts, "refused": len(self.refused), **({"refusals": listed} if listed else {})}

    def __str__(self) -> str:
        """`342 rows read, 331 used, 11 refused (houses.csv:9: the target is missing, ...)`."""
        text = f"{self.used + len(self.refused):,} rows read, {self.used:,} used"
        if not self.refused:
            return text
        named = "; ".join(f"{place}: {reason}" for place, reason in self.refused[:_MAX_NAMED])
        more = "; ..." if len(self.refused) > _MAX_NAMED else ""
        return f"{text}, {len(self.refused):,} refused ({named}{more})"
