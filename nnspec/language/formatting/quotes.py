"""Quotes of a scalar: none where the text means the same without them, else double ones."""

from __future__ import annotations

import re

import yaml

from nnspec.language.scalars import ScalarError, parse_scalar

_PLAIN = re.compile(r"[A-Za-z_][\w.\- /]*\w|[A-Za-z]")
_QUOTED = re.compile(r"""(['"])((?:(?!\1)[^'"\\\n])*)\1""")  # no escape, no other quote


def with_needed_quotes(text: str) -> str:
    """A quoted scalar without its quotes, if YAML 1.2 and YAML 1.1 both read that as the same text.

    Single quotes become double ones where the text holds no quote and no backslash.
    """
    found = _QUOTED.fullmatch(text)
    if not found:
        return text
    return found[2] if _is_plain(found[2]) else f'"{found[2]}"'


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text):
        return False
    try:
        return parse_scalar(text) == text and not _is_special_in_yaml_1_1(text)
    except ScalarError:
        return False


def _is_special_in_yaml_1_1(text: str) -> bool:
    """Whether older readers, and people, take it for a truth value or the like: `no`, `off`."""
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], ())
    return any(pattern.match(text) for _, pattern in resolvers) or text.lower() in ("y", "n")
