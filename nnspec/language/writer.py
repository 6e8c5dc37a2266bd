"""Plain values to YAML text."""

from __future__ import annotations

import math
import re

import yaml

from nnspec.language.scalars import CORE, parse_scalar


def dump(value: object) -> str:
    """Plain values as YAML text that `parse` reads back to the same values."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100,
        default_flow_style=None,
    )  # fmt: skip
    return _escaped(text)


def dump_flow(value: object) -> str:
    """A plain value on one line, as in `{csv: houses.csv}`."""
    text: str = yaml.dump(
        [value], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf,
        default_flow_style=True,
    )  # fmt: skip
    return _escaped(text.strip()[1:-1])


def _escaped(text: str) -> str:
    """YAML text in which the marks that change the direction of what is shown are escapes: they
    stand between double quotes, as all unusual characters do.
    """
    return _DIRECTIONS.sub(lambda mark: f"\\u{ord(mark[0]):04x}", text)


_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# ---------------------------------------------------------------- values to text


class _Dumper(yaml.SafeDumper):
    """Quotes text that the core schema would read as something else."""

    def ignore_aliases(self, _: object) -> bool:
        return True


def _represent_str(dumper: _Dumper, text: str) -> yaml.Node:
    looks_plain = (
        re.fullmatch(r"[A-Za-z_][\w.\- /]*\w|[A-Za-z]", text) and parse_scalar(text) == text
    )
    return dumper.represent_scalar(CORE + "str", text, style=None if looks_plain else '"')


def _represent_float(dumper: _Dumper, number: float) -> yaml.Node:
    text = repr(number).replace("inf", ".inf").replace("nan", ".nan")
    if "e" in text and "." not in text:  # PyYAML would tag `1e-07`: in YAML 1.1 it is text
        text = text.replace("e", ".0e")
    return dumper.represent_scalar(CORE + "float", text)


_Dumper.add_representer(str, _represent_str)
_Dumper.add_representer(float, _represent_float)
# Subclasses too, in which the reader keeps places.
_Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
_Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
