"""Alignment of two lists of items: the pairs that keep both orders and are most alike."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from nnspec.graph.differences.network_items import NetworkItem

Pair = tuple[NetworkItem | None, NetworkItem | None]  # None: only one list has it
_MAX_CELLS = 4_000_000  # of the table of scores
_ALIKE = 0.2  # for equal options; small, so that layers that all get wider stay pairs


def align(old: Sequence[NetworkItem], new: Sequence[NetworkItem]) -> list[Pair]:
    """Pairs of items in order, with None where an item has no partner.

    The sum of the pairs' scores is the greatest (Needleman and Wunsch, 1970): items of one kind
    are alike, those with the same options or the same name more so; layers of two kinds may stand
    for each other where they do alike to the shape, and both have weights or neither has. A
    sequence of which the other list has none of its kind is taken as the layers in it.
    """
    old, new = _opened(old, _kinds(new)), _opened(new, _kinds(old))
    same = _common(old, new)
    tail = _common(old[same:][::-1], new[same:][::-1])
    inner_old, inner_new = old[same : len(old) - tail], new[same : len(new) - tail]
    is_small = len(inner_old) * len(inner_new) <= _MAX_CELLS
    between = (_best if is_small else _by_kinds)(inner_old, inner_new)
    start = zip(old[:same], new[:same], strict=True)
    end = zip(old[len(old) - tail :], new[len(new) - tail :], strict=True)
    return [*start, *between, *end]


def _kinds(items: Sequence[NetworkItem]) -> set[str]:
    """The kinds of items, and of those in sequences."""
    inner = (_kinds(item.parts["layers"]) for item in items if item.is_sequence)
    return {item.kind for item in items}.union(*inner)


def _opened(items: Sequence[NetworkItem], kinds: set[str]) -> list[NetworkItem]:
    """Items with the layers of sequences in the place of those that are of none of the kinds."""
    opened: list[NetworkItem] = []
    for item in items:
        if item.is_sequence and item.kind not in kinds:
            opened += _opened(item.parts["layers"], kinds)
        else:
            opened.append(item)
    return opened


def _common(old: Sequence[NetworkItem], new: Sequence[NetworkItem]) -> int:
    """How many items at the start are equal."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one.signature != other.signature:
            break
        count += 1
    return count


def _score(old: NetworkItem, new: NetworkItem) -> float:
    """How much two items are alike; 0 where they may be no pair."""
    if old.kind != new.kind:
        return 0.1 if _may_replace(old, new) else 0
    score = 2 + _ALIKE * _alike(old, new)
    if old.title and new.title:
        return score + (0.5 if old.title == new.title else -1)
    return score


def _alike(old: NetworkItem, new: NetworkItem) -> float:
    """From 0 to 1: the share of equal layers."""
    if not old.is_group or not new.is_group:
        return float(old.signature == new.signature)
    common = (old.contents & new.contents).total()
    return common / max(1, old.contents.total(), new.contents.total())


def _may_replace(old: NetworkItem, new: NetworkItem) -> bool:
    """Whether a layer of another kind does alike to the shape, as relu and gelu do."""
    if old.is_group or new.is_group or bool(old.parameters) != bool(new.parameters):
        return False
    if old.keeps_shape and new.keeps_shape:
        return len(old.shape) == len(new.shape)
    return old.keeps_shape == new.keeps_shape and old.shape == new.shape


def _best(old: Sequence[NetworkItem], new: Sequence[NetworkItem]) -> list[Pair]:
    """The pairs with the greatest score, by a table of the best scores of all starts."""
    scores = [[_score(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, row in enumerate(scores):
        above, here = best[i], best[i + 1]
        for j, score in enumerate(row):
            paired = above[j] + score if score else 0.0
            here[j + 1] = max(paired, above[j + 1], here[j])
    return _traced(old, new, best)


def _traced(
    old: Sequence[NetworkItem], new: Sequence[NetworkItem], best: Sequence[Sequence[float]]
) -> list[Pair]:
    """The pairs of a table of scores; of equal ones, those that pair the first items."""
    pairs: list[Pair] = []
    i, j = len(old), len(new)
    while i or j:
        if j and best[i][j] == best[i][j - 1]:
            j -= 1
            pairs.append((None, new[j]))
        elif i and best[i][j] == best[i - 1][j]:
            i -= 1
            pairs.append((old[i], None))
        else:
            i, j = i - 1, j - 1
            pairs.append((old[i], new[j]))
    return pairs[::-1]


def _by_kinds(old: Sequence[NetworkItem], new: Sequence[NetworkItem]) -> list[Pair]:
    """The pairs of networks with very many layers, by their kinds alone."""
    kinds, new_kinds = [item.kind for item in old], [item.kind for item in new]
    pairs: list[Pair] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, kinds, new_kinds).get_opcodes():
        if tag == "equal":
            pairs += zip(old[i:i_end], new[j:j_end], strict=True)
        else:
            pairs += [(item, None) for item in old[i:i_end]]
            pairs += [(None, item) for item in new[j:j_end]]
    return pairs
