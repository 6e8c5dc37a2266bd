"""The name of a spec, made of a file's."""

from __future__ import annotations

import re

from nnspec.spec.spec_name import RESERVED

_MOST = 100


def spec_name(text: str) -> str:
    """A text as a spec's name: letters, digits and `. _ + -` stay, other characters become `_`."""
    name = re.sub(r"[^\w .+-]", "_", text)[:_MOST].strip(" .+-")
    return name if name and not RESERVED.fullmatch(name) else f"data_{name}"[:_MOST]
