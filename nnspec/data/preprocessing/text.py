"""Rule of tokenize: the words or characters of texts as numbers of a vocabulary."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.text import TokenizeTransform
from nnspec.data.invalid_values import require_values
from nnspec.data.registry import FittedState, TrainingChunks, TransformRule

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_UNKNOWN, _FIRST = 1, 2  # numbers of a token that is not in the vocabulary, and of its first one


def _fit(step: TokenizeTransform, chunks: TrainingChunks) -> FittedState:
    """The tokens of the training rows, by descending frequency and then by their text."""
    counts = Counter[str]()
    rows = 0
    for chunk in chunks():
        require_values(step.kind, chunk, rows)
        for text in chunk.ravel().tolist():
            counts.update(_tokens(step, text))
        rows += len(chunk)
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    return {"tokens": ordered[: step.vocabulary - _FIRST]}


def _tokens(step: TokenizeTransform, text: str) -> list[str]:
    text = text.lower() if step.lower else text
    return list(text) if step.by == "characters" else _WORD.findall(text)


def _apply(step: TokenizeTransform, state: FittedState, x: Array) -> Array:
    require_values(step.kind, x)
    numbers = {token: number for number, token in enumerate(state["tokens"], _FIRST)}
    found = np.zeros((len(x), step.length), np.int32)
    for row, text in enumerate(x.ravel().tolist()):
        tokens = _tokens(step, text)[: step.length]
        found[row, : len(tokens)] = [numbers.get(token, _UNKNOWN) for token in tokens]
    return found


def _check_state(state: FittedState) -> None:
    """Raise ValueError unless a state holds different texts."""
    tokens = state["tokens"]
    if not all(isinstance(token, str) for token in tokens) or len(set(tokens)) < len(tokens):
        raise ValueError("no tokens")


tokenize = TransformRule(_apply, _fit, ("tokens",), check_state=_check_state)
